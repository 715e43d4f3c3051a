// resolv.conf as it is found: read, followed as it changes, ourselves left out.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { isOwnListener, parseResolvConf } from '../../src/upstream/resolv-conf.ts';
import { ResolvConfFile } from '../../src/upstream/resolv-conf-file.ts';
import { query } from '../wire/packets.ts';
import { rig } from './rig.ts';

const at = (host: string, port = 53) => ({ host, port });

describe('the servers of a file', () => {
  it.each([
    ['nothing', '', []],
    ['one', 'nameserver 192.0.2.1\n', ['192.0.2.1']],
    ['no final newline', 'nameserver 192.0.2.1', ['192.0.2.1']],
    ['tabs, more spaces and carriage returns', 'nameserver\t 192.0.2.1  \r\n', ['192.0.2.1']],
    [
      'more than three',
      [1, 2, 3, 4].map((i) => `nameserver 192.0.2.${i}\n`).join(''),
      [1, 2, 3, 4].map((i) => `192.0.2.${i}`),
    ],
    [
      'IPv6, with a zone too',
      'nameserver 2001:db8::1\nnameserver fe80::1%eth0\n',
      ['2001:db8::1', 'fe80::1%eth0'],
    ],
    [
      'comments',
      '# nameserver 192.0.2.9\n;nameserver 192.0.2.8\nnameserver 192.0.2.1 # mine\n',
      ['192.0.2.1'],
    ],
    [
      'other lines',
      'domain example\nsearch a b\noptions ndots:5 nameserver\nsortlist 192.0.2.0\nnameserver 192.0.2.1\n',
      ['192.0.2.1'],
    ],
    ['a keyword alone, or part of one', 'nameserver\nnameservers 192.0.2.9\n', []],
    ['any address, which is this machine', 'nameserver 0.0.0.0\nnameserver ::\n', ['127.0.0.1', '::1']],
    ['bytes that are no text', '\0\xff\nnameserver 192.0.2.1\n', ['192.0.2.1']],
  ])('%s', (_what, text, hosts) => {
    expect(parseResolvConf(text)).toEqual({ servers: hosts.map((host) => at(host)), unusable: [] });
  });

  it('what is no address is named', () => {
    const text = 'nameserver dns.example\nnameserver 192.0.2.1\nnameserver 192.0.2.256\n';
    expect(parseResolvConf(text)).toEqual({
      servers: [at('192.0.2.1')],
      unusable: ['dns.example', '192.0.2.256'],
    });
  });
});

describe('a server is ourselves', () => {
  it.each([
    ['the address that we listen on', at('192.0.2.1'), [at('192.0.2.9'), at('192.0.2.1')], true],
    ['another port', at('127.0.0.1'), [at('127.0.0.1', 5300)], false],
    ['another address', at('127.0.0.53'), [at('127.0.0.1')], false],
    ['IPv6 in another spelling', at('0:0::1'), [at('::1')], true],
    ['IPv6 with a zone', at('fe80::1%eth0'), [at('fe80::1')], true],
    ['a loopback address where we listen on all', at('127.0.0.53'), [at('0.0.0.0')], true],
    ['::1 where we listen on all', at('::1'), [at('::')], true],
    ['IPv4 where we listen on all of IPv6', at('127.0.0.1'), [at('::')], false],
    ['an address of elsewhere where we listen on all', at('192.0.2.1'), [at('0.0.0.0'), at('::')], false],
    ['nowhere', at('127.0.0.1'), [], false],
  ])('%s', (_what, server, listeners, own) => {
    expect(isOwnListener(server, listeners)).toBe(own);
  });
});

describe('a file', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fingerpost-resolv-'));
    path = join(folder, 'resolv.conf');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function follow() {
    const clock = new ManualClock(1_000_000);
    const mine = rig(clock);
    const group = mine.group();
    const file = new ResolvConfFile(
      { path, listeners: () => [at('127.0.0.1')], replace: (servers) => group.replace(servers) },
      mine.deps,
    );
    const servers = () => group.members.map(({ server }) => server.address.host);
    /** Lets it look `times` times. */
    const look = async (times = 1) => {
      for (let i = 0; i < times; i++) {
        clock.advance(2000);
        // Reading a file takes a few turns of the loop; the next look is scheduled behind it.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    /** Lets it look until it has these servers. */
    const has = async (...wanted: string[]) => {
      for (const end = Date.now() + 30_000; JSON.stringify(servers()) !== JSON.stringify(wanted); ) {
        expect(Date.now()).toBeLessThan(end);
        await look();
      }
    };
    return { mine, group, file, servers, look, has };
  }

  it('is followed when it is written, replaced, and gone', async () => {
    writeFileSync(path, 'nameserver 192.0.2.1\nnameserver 127.0.0.1\n');
    const { file, servers, has, mine } = follow();
    await file.start();
    expect(servers()).toEqual(['192.0.2.1']);
    writeFileSync(path, 'nameserver 192.0.2.2\n');
    await has('192.0.2.2');
    writeFileSync(`${path}.new`, 'nameserver 192.0.2.3\nnameserver 192.0.2.4\n');
    renameSync(`${path}.new`, path);
    await has('192.0.2.3', '192.0.2.4');
    rmSync(path);
    await has();
    writeFileSync(path, 'nameserver 192.0.2.1\n');
    await has('192.0.2.1');
    file.close();
    expect(mine.log.map(({ level, fields }) => [level, fields.servers ?? fields.problem])).toEqual([
      ['info', ['192.0.2.1:53']],
      ['info', ['192.0.2.2:53']],
      ['info', ['192.0.2.3:53', '192.0.2.4:53']],
      ['warn', expect.stringContaining('ENOENT')],
      ['info', ['192.0.2.1:53']],
    ]);
    expect(mine.log[0]!.fields).toEqual({ path, servers: ['192.0.2.1:53'], ours: ['127.0.0.1:53'] });
  });

  it('that did not change is not taken again', async () => {
    writeFileSync(path, 'nameserver 192.0.2.1\n');
    const { file, look, mine } = follow();
    await file.start();
    await look(3);
    file.close();
    expect(mine.log).toHaveLength(1);
  });

  it('that is empty for a moment, while it is written, changes nothing', async () => {
    writeFileSync(path, 'nameserver 192.0.2.1\n');
    const { file, look, has, servers, mine } = follow();
    await file.start();
    writeFileSync(path, '');
    await look();
    expect(servers()).toEqual(['192.0.2.1']);
    writeFileSync(path, 'nameserver 192.0.2.2\n');
    await has('192.0.2.2');
    file.close();
    expect(mine.log.every(({ level }) => level === 'info')).toBe(true);
  });

  it.each([
    ['missing', undefined, /^it cannot be read: .*ENOENT/],
    ['empty', '', /^it names no server$/],
    ['without a usable server', 'nameserver dns.example\n', /^it names no server$/],
    ['naming only ourselves', 'nameserver 127.0.0.1\n', /^it names only this server$/],
  ])('that is %s is said, and questions fail at once', async (_what, text, problem) => {
    if (text !== undefined) writeFileSync(path, text);
    const { file, group, mine, look } = follow();
    await file.start();
    await look(3);
    file.close();
    expect(mine.log).toHaveLength(1);
    expect(mine.log[0]).toMatchObject({
      level: 'warn',
      message: 'no server to forward to: names outside the zones fail',
      fields: { path, problem: expect.stringMatching(problem) },
    });
    expect(await mine.ask(group, query())).toEqual({ kind: 'unreachable' });
  });

  it('is not looked at any more once it is closed', async () => {
    writeFileSync(path, 'nameserver 192.0.2.1\n');
    const { file, look, servers } = follow();
    const started = file.start();
    file.close();
    await started;
    writeFileSync(path, 'nameserver 192.0.2.2\n');
    await look(2);
    expect(servers()).toEqual([]);
  });
});
