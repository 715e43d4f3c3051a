// SIGTERM ends the server in order, SIGHUP makes it read its configuration again.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { records } from '../support/dig.ts';
import { idOf, query, question, TcpClient } from '../support/raw.ts';
import { Scene } from '../support/scene.ts';
import { loadServices } from '../support/services.ts';

const scene = new Scene();
const soon = { timeout: 30_000, interval: 20 };

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('ends the server with exit code 0, replies in hand finished', async () => {
    const cwd = await scene.folder();
    await loadServices(scene, cwd, { 'a.skydns.local': { host: '10.0.0.1' } });
    const server = await scene.server([], { cwd });
    const idle = await TcpClient.open(server.address);
    const busy = await TcpClient.open(server.address);
    const ids = Array.from({ length: 200 }, (_, i) => i + 1);
    busy.send(...ids.map((id) => query({ id, questions: [question('a.skydns.local')] })));
    const first = await busy.next();
    const started = performance.now();
    server.program.signal(signal);
    const got = [idOf(first!)];
    for (let reply = await busy.next(); reply !== undefined; reply = await busy.next()) got.push(idOf(reply));
    const { code, stderr } = await server.program.end();
    expect(code).toBe(0);
    // What had arrived is answered; two seconds are the server's limit, the rest is for a busy machine.
    expect(got).toEqual(ids);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(stderr).toContain('"msg":"stopping"');
    expect(await idle.next()).toBeUndefined();
    await expect(TcpClient.open(server.address)).rejects.toThrow('ECONNREFUSED');
    busy.close();
  });
});

describe('SIGHUP', () => {
  it('applies what can change, names what needs a restart, and keeps the old where there is a mistake', async () => {
    const cwd = await scene.folder();
    await loadServices(scene, cwd, { 'a.skydns.local': { host: '10.0.0.1' } });
    const config = join(cwd, 'fingerpost.yaml');
    const configure = (text: string) => writeFile(config, text);
    await configure('ttl: 100\n');
    const server = await scene.server(['--config', config], { cwd });
    const answer = () => records('answer', server.address, 'a.skydns.local');
    expect(await answer()).toEqual(['a.skydns.local. 100 IN A 10.0.0.1']);

    await configure('ttl: 200\ntcp-idle-timeout: 20\n');
    server.program.signal('SIGHUP');
    await expect.poll(answer, soon).toEqual(['a.skydns.local. 200 IN A 10.0.0.1']);
    const restart = await server.program.logged(/need a restart/);
    expect(restart).toMatchObject({ level: 'warn', options: ['tcp-idle-timeout'] });

    await configure('ttl: 300\ntll: 5\n');
    server.program.signal('SIGHUP');
    const refused = await server.program.logged(/the old one stays/);
    expect(refused).toMatchObject({
      level: 'error',
      cause: expect.stringContaining(`${config}:2: unknown key "tll"`),
    });
    expect(await answer()).toEqual(['a.skydns.local. 200 IN A 10.0.0.1']);
  });
});
