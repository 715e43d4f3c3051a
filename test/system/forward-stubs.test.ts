// Stub zones and hosts outside the zones: followed as the registry changes, without circles, and no slower than they may be.
import { beforeAll, describe, expect, it } from 'vitest';
import { dig, records, short, status } from '../support/dig.ts';
import { freePorts } from '../support/ports.ts';
import { PATIENT, Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';
import { addresses, nameOf, namesAsked, startScripted, UPSTREAM_ADDRESS } from '../support/upstream.ts';
import { replyBytes } from '../upstream/asked.ts';
import type { Script, ScriptedServer } from '../upstream/scripted.ts';
import { pointer, record } from '../wire/packets.ts';

const soon = { timeout: 60_000, interval: 50 };
const scene = new Scene();

const textOf = ({ address: { host, port } }: ScriptedServer): string => `${host}:${port}`;

/** Every name has this address. */
const says = (last: number): Script => {
  return (asking) =>
    asking.send(replyBytes({ ...asking, answers: [record(pointer(12), 1, [192, 0, 2, last], 300)] }));
};

describe('a stub zone in the registry', () => {
  it('is followed as it comes, changes and goes, before what --forward says, and what was known is forgotten', async () => {
    const [all, one, two] = [
      await startScripted(scene, says(1)),
      await startScripted(scene, says(2)),
      await startScripted(scene, says(3)),
    ];
    const cwd = await scene.folder();
    const server = await scene.server([...PATIENT, '--forward', textOf(all), '--workers', '1'], { cwd });
    const ask = () => short(server.address, 'www.example.com');
    const key = 'ns1.example.com.stub.dns.skydns.local';
    const put = async ({ address: { host, port } }: ScriptedServer) =>
      expect((await scene.call(['put', key, JSON.stringify({ host, port })], { cwd })).code).toBe(0);
    const kept = async (address: string) => {
      for (let time = 0; time < 3; time++) expect(await ask()).toEqual([address]);
    };
    await kept('192.0.2.1');
    await put(one);
    await expect.poll(ask, soon).toEqual(['192.0.2.2']);
    await kept('192.0.2.2');
    expect(await short(server.address, 'deep.er.EXAMPLE.com')).toEqual(['192.0.2.2']);
    expect(await short(server.address, 'anexample.com')).toEqual(['192.0.2.1']);
    const { upstream } = await server.readyz();
    expect(upstream.map(({ name }) => name)).toEqual(['forward', 'stub example.com.']);
    await put(two);
    await expect.poll(ask, soon).toEqual(['192.0.2.3']);
    await kept('192.0.2.3');
    expect((await scene.call(['rm', key], { cwd })).code).toBe(0);
    await expect.poll(ask, soon).toEqual(['192.0.2.1']);
    await kept('192.0.2.1');
    expect((await server.readyz()).upstream.map(({ name }) => name)).toEqual(['forward']);
  });

  it('that is of no use is named, and the others are followed', async () => {
    const one = await startScripted(scene, says(2));
    const cwd = await scene.folder();
    await loadServices(scene, cwd, {
      'ns1.example.com.stub.dns.skydns.local': { host: 'ns.example.net' },
      'ns2.example.com.stub.dns.skydns.local': { host: one.address.host, port: one.address.port },
    });
    const server = await scene.server(PATIENT, { cwd });
    expect(await server.program.logged(/stub zone server left out/)).toMatchObject({
      level: 'warn',
      service: 'stub/com/example/ns1',
      problem: expect.stringContaining('ns.example.net'),
    });
    expect(await short(server.address, 'www.example.com')).toEqual(['192.0.2.2']);
  });
});

describe('two servers with stubs to each other', () => {
  it.each([
    ['alone', []],
    ['that forward to each other too', ['--forward']],
  ])('%s end a question at once', async (_what, flags) => {
    const ports = await freePorts(2);
    const [first, second] = await Promise.all(
      ports.map((port, i) => {
        const other = `127.0.0.1:${ports[1 - i]}`;
        const forward = flags.flatMap((flag) => [flag, other]);
        return scene.server(['--listen', `127.0.0.1:${port}`, '--stub', `example.com=${other}`, ...forward]);
      }),
    );
    for (const server of [first!, second!]) {
      for (const name of ['www.example.com', 'example.com', 'other.example.com'])
        expect(['REFUSED', 'SERVFAIL']).toContain(await status(server.address, name));
      const text = await (await fetch(`http://${server.http.host}:${server.http.port}/metrics`)).text();
      const asked = Number(/^fingerpost_upstream_queries_total\{transport="udp"\} (\d+)$/m.exec(text)?.[1]);
      expect(asked).toBeLessThan(100);
    }
  });
});

describe('hosts of services outside', () => {
  const HELD = 'slow.example.com';
  let upstream: ScriptedServer;
  let server: TestServer;
  let answer = (): void => {};

  beforeAll(async () => {
    const all = addresses();
    upstream = await startScripted(scene, (asking) => {
      if (nameOf(asking) !== HELD) all(asking);
      else answer = () => all(asking);
    });
    const cwd = await scene.folder();
    await loadServices(scene, cwd, {
      'slow.skydns.local': { host: HELD, port: 80, mail: true },
      'fast.skydns.local': { host: 'fast.example.com', port: 80, mail: true },
      'a.skydns.local': { host: '10.0.0.1' },
    });
    const { host, port } = upstream.address;
    const times = [...PATIENT, '--external-timeout', '3'];
    server = await scene.server(['--forward', `${host}:${port}`, ...times], { cwd });
  });

  it('of a slow server: addresses are SERVFAIL, SRV and MX go without, others are not held up', async () => {
    const slow = [
      dig(server.address, 'slow.skydns.local', 'A'),
      dig(server.address, 'slow.skydns.local', 'AAAA'),
      dig(server.address, 'slow.skydns.local', 'SRV'),
      dig(server.address, 'slow.skydns.local', 'MX'),
    ];
    expect(await short(server.address, 'fast.skydns.local')).toEqual([UPSTREAM_ADDRESS, 'fast.example.com.']);
    expect(await records('additional', server.address, 'fast.skydns.local', 'SRV')).toHaveLength(1);
    expect(await short(server.address, 'a.skydns.local')).toEqual(['10.0.0.1']);
    const [a, aaaa, srv, mx] = await Promise.all(slow);
    for (const said of [a, aaaa]) expect(said).toMatch(/SERVFAIL[\s\S]*EDE: 22 /);
    for (const said of [srv, mx])
      expect(said).toMatch(/NOERROR[\s\S]*ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1$/m);
    expect(namesAsked(upstream)).toContain(HELD);
  });

  it('that answers in the end: all of it is there', async () => {
    await expect
      .poll(() => {
        answer();
        return short(server.address, 'slow.skydns.local');
      }, soon)
      .toEqual([UPSTREAM_ADDRESS, `${HELD}.`]);
  });
});

describe('a server that asks nobody but for its stub zones', () => {
  it('leaves other hosts as they are, and names of its search list', async () => {
    const stub = await startScripted(scene, addresses());
    const cwd = await scene.folder();
    await loadServices(scene, cwd, {
      'outside.skydns.local': { host: 'host.example.net', port: 80 },
      'stubbed.skydns.local': { host: 'host.example.com', port: 80 },
    });
    const given = [...PATIENT, '--stub', `example.com=${textOf(stub)}`, '--search', 'skydns.local'];
    const server = await scene.server(given, { cwd });
    expect(await short(server.address, 'outside.skydns.local')).toEqual(['host.example.net.']);
    expect(await short(server.address, 'stubbed.skydns.local')).toEqual([
      UPSTREAM_ADDRESS,
      'host.example.com.',
    ]);
    expect(await status(server.address, 'www.example.net.skydns.local')).toBe('NXDOMAIN');
    expect(await short(server.address, 'www.example.com.skydns.local')).toEqual([
      UPSTREAM_ADDRESS,
      'www.example.com.',
    ]);
    expect(await status(server.address, 'www.example.net')).toBe('REFUSED');
  });
});
