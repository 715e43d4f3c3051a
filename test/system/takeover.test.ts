// A server that stops: what it says and still answers, and another one that takes its place without a question lost.
import { describe, expect, it } from 'vitest';
import { short } from '../support/dig.ts';
import { freePort } from '../support/ports.ts';
import { idOf, query, question, rcodeOf, TcpClient } from '../support/raw.ts';
import { Scene } from '../support/scene.ts';
import { loadServices } from '../support/services.ts';
import { SteadyLoad } from '../support/steady-load.ts';

const scene = new Scene();
const soon = { timeout: 60_000, interval: 20 };

async function folderWithServices(): Promise<string> {
  const cwd = await scene.folder();
  const names = Array.from({ length: 50 }, (_, i) => [`n${i}.skydns.local`, { host: `10.0.0.${i}` }]);
  await loadServices(scene, cwd, Object.fromEntries(names));
  return cwd;
}

describe('--lameduck', () => {
  it('keeps answering while it says that it is not ready; a second signal ends it at once', async () => {
    const cwd = await folderWithServices();
    const server = await scene.server(['--lameduck', '3600'], { cwd });
    expect(await server.readyz()).toMatchObject({ status: 200, ready: true });
    server.program.signal('SIGTERM');
    await expect.poll(() => server.readyz(), soon).toMatchObject({ status: 503, state: 'stopping' });
    expect(await short(server.address, 'n7.skydns.local')).toEqual(['10.0.0.7']);
    expect(await short(server.address, '+tcp', 'n7.skydns.local')).toEqual(['10.0.0.7']);
    expect((await server.stop()).code).toBe(143);
  });

  it('ends by itself', async () => {
    const server = await scene.server(['--lameduck', '1'], { cwd: await folderWithServices() });
    expect((await server.stop()).code).toBe(0);
  });
});

describe('--reuse-port', () => {
  const sharing = (port: number) => ['--listen', `127.0.0.1:${port}`, '--reuse-port', 'on', '--workers', '2'];

  it('lets another instance take over, again and again, and every question is answered', async () => {
    const cwd = await folderWithServices();
    const args = sharing(await freePort());
    let server = await scene.server(args, { cwd });
    const load = await SteadyLoad.start({
      at: server.address,
      sockets: 40,
      packet: (n) => query({ id: n & 0xffff, questions: [question(`n${n % 50}.skydns.local`)] }),
      isRight: (reply) => rcodeOf(reply) === 0 && reply[7] === 1,
    });
    for (let takeover = 1; takeover <= 4; takeover++) {
      const next = await scene.server(args, { cwd });
      const before = load.answered;
      await expect.poll(() => load.answered, soon).toBeGreaterThan(before + 100);
      expect((await server.stop()).code).toBe(0);
      server = next;
    }
    const { answered, lost } = await load.stop();
    expect(lost).toEqual([]);
    expect(answered).toBeGreaterThan(400);
    expect(await short(server.address, '+tcp', 'n1.skydns.local')).toEqual(['10.0.0.1']);
  });

  it('finishes what came over the TCP connections of the old one', async () => {
    const cwd = await folderWithServices();
    const args = sharing(await freePort());
    const old = await scene.server(args, { cwd });
    const client = await TcpClient.open(old.address);
    client.send(query({ id: 1, questions: [question('n1.skydns.local')] }));
    expect(idOf((await client.next())!)).toBe(1);
    const next = await scene.server(args, { cwd });
    const ids = Array.from({ length: 100 }, (_, i) => i + 2);
    client.send(...ids.map((id) => query({ id, questions: [question('n1.skydns.local')] })));
    expect(idOf((await client.next())!)).toBe(2);
    const ended = old.stop();
    const got = [2];
    for (let reply = await client.next(); reply !== undefined; reply = await client.next())
      got.push(idOf(reply));
    expect(got).toEqual(ids);
    expect((await ended).code).toBe(0);
    expect(await short(next.address, '+tcp', 'n1.skydns.local')).toEqual(['10.0.0.1']);
    client.close();
  });

  it('opens no port before it can answer, and can be stopped before that', async () => {
    const port = await freePort();
    const etcd = `etcd://127.0.0.1:${await freePort()}/skydns`;
    const waiting = await scene.program(['serve', ...sharing(port), '--http', 'off', '--registry', etcd]);
    await waiting.logged(/cut off from the registry/);
    await expect(TcpClient.open({ host: '127.0.0.1', port })).rejects.toThrow('ECONNREFUSED');
    expect((await waiting.stop()).code).toBe(0);
  });

  it('leaves alone a port that another instance does not share', async () => {
    const owner = await scene.server();
    const args = ['serve', '--listen', `127.0.0.1:${owner.port}`, '--reuse-port', 'on', '--http', 'off'];
    const { code, stderr } = await scene.call(args);
    expect(code).toBe(1);
    expect(stderr).toContain('the port is in use');
  });
});
