// Knowing that it is visible: put and rm that wait for all servers, over both registries, and who has not applied it is named.
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { dig, short, status } from '../support/dig.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';

const scene = new Scene();
const soon = { timeout: 60_000, interval: 50 };
const PATIENT = ['--wait', '--wait-timeout', '60'];

interface Waited {
  readonly revision: number;
  readonly servers: readonly { readonly server: string; readonly revision: number }[];
}

async function wait(server: TestServer, revision: number, timeout = 60) {
  const { host, port } = server.http;
  const response = await fetch(`http://${host}:${port}/v1/wait?revision=${revision}&timeout=${timeout}`);
  return { status: response.status, body: (await response.json()) as Waited & { detail?: string } };
}

async function serial(server: TestServer): Promise<string | undefined> {
  return (await short(server.address, 'skydns.local', 'SOA'))[0]?.split(' ')[2];
}

describe.each(['sqlite', 'etcd'])('three servers over %s', { timeout: 300_000 }, (engine) => {
  let cwd: string;
  let servers: TestServer[];
  let registry: string[];
  /** A write that is no change below the prefix; the revision that it was made at. */
  let elsewhere: () => Promise<number>;

  const fingerpost = (...args: string[]) => scene.call([...args, ...registry], { cwd });

  beforeAll(async () => {
    cwd = await scene.folder();
    if (engine === 'etcd') {
      const etcd = await scene.etcd();
      registry = ['--registry', `etcd://${etcd.endpoint}`];
      elsewhere = async () => {
        const written = JSON.parse(await etcd.ctl('put', '-w', 'json', '/elsewhere/a', 'x')) as {
          header: { revision: number };
        };
        return written.header.revision;
      };
    } else {
      registry = ['--registry', 'sqlite:fingerpost.db'];
      // Servers have written since what they say of themselves.
      elsewhere = async () => {
        const { host, port } = servers[0]!.http;
        const response = await fetch(`http://${host}:${port}/v1/entries`);
        return ((await response.json()) as { revision: number }).revision;
      };
    }
    servers = await Promise.all(
      ['one', 'two', 'three'].map((id) => scene.server(['--server-id', id, ...registry], { cwd })),
    );
    const all = async () => expect((await wait(servers[0]!, 1)).body.servers).toHaveLength(3);
    await vi.waitFor(all, soon);
  });

  it('answer with it when put and rm return', async () => {
    for (let i = 1; i <= 3; i++) {
      const put = await fingerpost('put', ...PATIENT, 'a.skydns.local', `{"host":"10.0.0.${i}"}`);
      expect(put).toMatchObject({ code: 0, stderr: '' });
      expect(put.stdout).toContain('3 servers answer with it');
      const answers = await Promise.all(servers.map(({ address }) => short(address, 'a.skydns.local')));
      expect(answers).toEqual(Array.from({ length: 3 }, () => [`10.0.0.${i}`]));
    }
    expect(await fingerpost('rm', ...PATIENT, 'a.skydns.local')).toMatchObject({ code: 0, stderr: '' });
    for (const { address } of servers) expect(await status(address, 'a.skydns.local')).toBe('NXDOMAIN');
  });

  it('are waited for over HTTP, at a revision that changed nothing too', async () => {
    const put = await fingerpost('put', 'b.skydns.local', '{"host":"10.0.0.1"}');
    const revision = Number(/revision (\d+)/.exec(put.stdout)?.[1]);
    for (const server of servers) expect(await wait(server, revision)).toMatchObject({ status: 200 });
    const before = await serial(servers[0]!);
    const { status: code, body } = await wait(servers[1]!, await elsewhere());
    expect(code).toBe(200);
    expect(body.servers.map(({ server }) => server).sort()).toEqual(['one', 'three', 'two']);
    // What servers say of themselves is no record: nothing is listed or answered of it, and no serial moves.
    expect(await serial(servers[0]!)).toBe(before);
    const listed = await fingerpost('ls', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'b.skydns.local' }]);
    expect(await servers[0]!.metric('fingerpost_services')).toBe(1);
    expect(await servers[0]!.metric('fingerpost_outside_keys')).toBe(0);
    expect(await dig(servers[0]!.address, 'status.skydns.local')).toContain('NXDOMAIN');
  });

  it('are named where one has stopped, by the command and over HTTP', async () => {
    const [, two] = servers;
    two!.program.signal('SIGSTOP');
    try {
      const late = await fingerpost(
        'put',
        '--wait',
        '--wait-timeout',
        '6',
        'c.skydns.local',
        '{"host":"10.0.0.1"}',
      );
      expect(late).toMatchObject({ code: 1, stdout: expect.stringMatching(/^put c\.skydns\.local/) });
      expect(late.stderr).toMatch(
        /^fingerpost: written, but 1 of 3 live servers have not applied revision \d+ within 6 s: two \(127\.0\.0\.1:\d+\) at revision \d+\n$/,
      );
      const revision = Number(/revision (\d+)/.exec(late.stdout)?.[1]);
      const { status: code, body } = await wait(servers[0]!, revision, 1);
      expect(code).toBe(504);
      expect(body.detail).toContain('have not applied revision');
      expect(body.servers.filter((one) => one.revision < revision)).toMatchObject([{ server: 'two' }]);
    } finally {
      two!.program.signal('SIGCONT');
    }
    expect(await fingerpost('put', ...PATIENT, 'c.skydns.local', '{"host":"10.0.0.2"}')).toMatchObject({
      code: 0,
    });
  });

  it('are waited for no longer when they were ended, and with none left a wait says so', async () => {
    const [one, two, three] = servers;
    await two!.stop();
    await three!.stop();
    const put = await fingerpost('put', ...PATIENT, 'd.skydns.local', '{"host":"10.0.0.1"}');
    expect(put.stdout).toContain('1 server answers with it');
    await one!.stop();
    // On a busy machine it may not have been able to take its word back.
    await vi.waitFor(async () => {
      const alone = await fingerpost(
        'put',
        '--wait',
        '--wait-timeout',
        '1',
        'd.skydns.local',
        '{"text":"x"}',
      );
      expect(alone).toMatchObject({
        code: 1,
        stderr: 'fingerpost: written, but no live server has said within 1 s which revision it has applied\n',
      });
    }, soon);
  });
});

it.each(['0', 'x', '3601'])('--wait-timeout %s is refused', async (seconds) => {
  const refused = await scene.call(['rm', '--wait', '--wait-timeout', seconds, 'a.skydns.local']);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--wait-timeout: read') });
});
