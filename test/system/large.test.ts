// Very many services under one name: a bounded answer, cut over UDP, as much as fits over TCP.
import { beforeAll, describe, expect, it } from 'vitest';
import { dig, records, short } from '../support/dig.ts';
import type { TestEtcd } from '../support/etcd.ts';
import { query, question, TYPE, udpReply } from '../support/raw.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { fillEtcd, keyOf } from '../support/services.ts';

const COUNT = 50_000;
const TC = 0x02;
const scene = new Scene();
let etcd: TestEtcd;
let server: TestServer;

beforeAll(async () => {
  etcd = await scene.etcd();
  const names = Array.from({ length: COUNT }, (_, i) => `${i}.many.skydns.local`);
  const host = (i: number) => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
  const services = names.map((name, i) => [name, { host: host(i), port: 80 }] as const);
  await fillEtcd(etcd, Object.fromEntries(services));
  server = await scene.server(['--registry', `etcd://${etcd.endpoint}`]);
});

describe(`${COUNT} services under one name`, () => {
  it.each([
    ['A', TYPE.A],
    ['SRV', TYPE.SRV],
  ])('are cut over UDP: %s', async (_what, type) => {
    const reply = await udpReply(server.address, query({ questions: [question('many.skydns.local', type)] }));
    expect(reply.length).toBeLessThanOrEqual(512);
    expect(reply[2]! & TC).toBe(TC);
  });

  it('fill a message over TCP, to which dig goes by itself: A', async () => {
    const said = await dig(server.address, 'many.skydns.local', 'A');
    expect(said).toContain(';; Truncated, retrying in TCP mode.');
    const [, answers] = /ANSWER: (\d+),/.exec(said)!;
    // 16 bytes a record.
    expect(Number(answers)).toBeGreaterThan(4_000);
  });

  it('fill a message over TCP, to which dig goes by itself: SRV', async () => {
    const srv = await records('answer', server.address, 'many.skydns.local', 'SRV');
    expect(srv.length).toBeGreaterThan(1_000);
    for (const line of srv)
      expect(line).toMatch(/^many\.skydns\.local\. 30 IN SRV 10 1 80 \d+\.many\.skydns\.local\.$/);
  });

  it('do not keep others from being answered and changed', async () => {
    expect(await short(server.address, '49999.many.skydns.local')).toEqual(['10.0.195.79']);
    await etcd.ctl('put', keyOf('49999.many.skydns.local'), '{"host":"10.9.9.9"}');
    await expect
      .poll(() => short(server.address, '49999.many.skydns.local'), { timeout: 30_000, interval: 20 })
      .toEqual(['10.9.9.9']);
  });
});
