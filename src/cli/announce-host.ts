// The host of `--host auto`: our address on the way to the registry, found as soon as there is one.
import { ownAddress, towards } from '../announce/own-address.ts';
import type { Options } from '../app/config.ts';
import { realClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { Backoff } from '../registry/backoff.ts';
import { parseRegistryUrl } from '../registry/url.ts';

const RETRY = { first: 500, most: 5_000 };
const LOOPBACK = /^127\.|^::1$/;

/** Waits for a way to the registry, for ever; for one that is a file, any way out will do. */
export async function autoHost({ registry }: Options, logger: Logger): Promise<string> {
  const url = parseRegistryUrl(registry);
  const targets = 'hosts' in url ? url.hosts.map(towards) : [];
  const backoff = new Backoff(RETRY);
  for (let isFirst = true; ; isFirst = false) {
    try {
      const address = await ownAddress(targets);
      logger.info({ address }, `--host auto: ${address} is the address on the way to the registry`);
      if (LOOPBACK.test(address))
        logger.warn(
          { address },
          'only programs on this machine reach that address: name another with --host',
        );
      return address;
    } catch (cause) {
      if (isFirst) logger.warn({ cause }, '--host auto: trying again');
      await new Promise<void>((resolve) => realClock.after(backoff.next(), resolve));
    }
  }
}
