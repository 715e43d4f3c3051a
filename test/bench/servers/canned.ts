// The measure of portable UDP: a node:dgram server that sends one canned answer to whatever it is asked.
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/ports.ts';
import { SERVER_CORE } from '../harness/dnsperf.ts';
import { answers, type ServerKind } from './server.ts';

const SCRIPT = fileURLToPath(new URL('../processes/canned-server.ts', import.meta.url));

export const canned: ServerKind = {
  name: 'dgram, canned',
  missing: () => undefined,
  async start(bed, data) {
    const port = await freePort();
    const running = bed.start([process.execPath, SCRIPT, `${port}`], { core: SERVER_CORE });
    return answers({ running, port }, data);
  },
};
