// Which UDP serves: workers where they can be had, the portable way where they cannot, and that is said once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Listening } from '../../src/transport/deps.ts';
import { chooseUdp } from '../../src/transport/udp.ts';
import { ROOT, Running } from '../support/program.ts';
import { packet } from '../table/questions.ts';
import { World } from '../table/world.ts';
import { countingDeps } from './support.ts';
import { addressesIn, Client, RECORDS, rcode } from './udp-batch-support.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  vi.unstubAllGlobals();
  for (const close of closing.splice(0)) await close();
});

const WEB = { name: 'web.z' };

async function chosen(workers: number) {
  const world = new World().load(RECORDS);
  const warned: unknown[] = [];
  const { deps, count } = countingDeps();
  const log = { ...deps.log, warn: (fields: unknown) => void warned.push(fields) };
  const parts = { respond: world.respond, table: world.table.memory, workers };
  const udp = await chooseUdp(parts, { ...deps, log });
  return { udp, warned, count };
}

async function answers(listening: Listening): Promise<void> {
  closing.push(() => listening.close());
  const client = await Client.to({ host: listening.address, port: listening.port });
  closing.push(() => client.close());
  for (let again = 0; again < 2; again++) {
    expect(addressesIn(await client.ask(packet(WEB)), WEB)).toEqual(['10.0.0.1', '10.0.0.2']);
  }
  expect(rcode(await client.ask(packet({ name: 'no.z' })))).toBe(3);
}

describe('UDP is served', () => {
  it('by workers', async () => {
    const { udp, warned, count } = await chosen(1);
    await answers(await udp.open({ host: '127.0.0.1', port: 0 }));
    expect(udp.pool?.alive).toBe(1);
    expect(warned).toEqual([]);
    expect(count('queriesUdp')).toBe(0);
  });

  it('the portable way where no workers are wanted, of which nothing is said', async () => {
    const { udp, warned, count } = await chosen(0);
    await answers(await udp.open({ host: '127.0.0.1', port: 0 }));
    expect(udp.pool).toBeUndefined();
    expect(warned).toEqual([]);
    expect(count('queriesUdp')).toBe(3);
  });

  it.each([
    ['darwin', 'x64', 'the system is darwin, not linux'],
    ['linux', 's390x', 'the processor is s390x'],
  ])('the portable way on %s, %s', async (platform, arch, reason) => {
    vi.stubGlobal(
      'process',
      Object.create(process, { platform: { value: platform }, arch: { value: arch } }),
    );
    const { udp, warned } = await chosen(2);
    vi.unstubAllGlobals();
    await answers(await udp.open({ host: '127.0.0.1', port: 0 }));
    await answers(await udp.open({ host: '127.0.0.1', port: 0 }));
    expect(udp.pool).toBeUndefined();
    expect(warned).toEqual([{ reason }]);
  });

  it('the portable way where koffi is not installed', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'fingerpost-koffi-'));
    closing.push(() => rmSync(cwd, { recursive: true }));
    const hook = join(import.meta.dirname, 'without-koffi.ts');
    const listen = ['--listen', '127.0.0.1:0', '--listen', '[::1]:0'];
    const args = ['--import', hook, join(ROOT, 'src/cli/main.ts'), 'serve', '--zone', 'z', '--http', 'off'];
    const program = new Running(process.execPath, [...args, ...listen, '--workers', '2'], { cwd });
    closing.push(() => program.stop());
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(await program.line(/ready/))?.[1]);
    const client = await Client.to({ host: '127.0.0.1', port });
    closing.push(() => client.close());
    expect(rcode(await client.ask(packet({ name: 'no.z' })))).toBe(3);
    const warnings = program.log.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ msg, reason }) => [msg, reason])).toEqual([
      ['UDP is served the portable way: batched system calls cannot be used', "Cannot find package 'koffi'"],
    ]);
    expect((await program.stop()).code).toBe(0);
  });
});
