// fingerpost top in a real terminal: what it shows, its keys, another size, and the terminal given back however it ends.
import { constants } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { topSchema } from '../../src/api/top-schema.ts';
import { dig } from '../support/dig.ts';
import { freePort } from '../support/ports.ts';
import { MAIN } from '../support/program.ts';
import { Pty } from '../support/pty.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';

const scene = new Scene();
let folder = '';
let server: TestServer;

beforeAll(async () => {
  folder = await scene.folder();
  await loadServices(scene, folder, {
    'web.skydns.local': { host: '10.0.0.1' },
    'api.skydns.local': { host: '10.0.0.2' },
  });
  server = await scene.server(['--workers', '1'], { cwd: folder });
});

function base({ http }: TestServer = server): string {
  return `@${http.host}:${http.port}`;
}

function top(rows = 24, columns = 120, at = base()): Pty {
  const pty = new Pty([process.execPath, MAIN, 'top', at, '--interval', '0.2'], rows, columns, folder);
  scene.onEnd(() => pty.destroy());
  return pty;
}

/** Asks until what is wanted is on the screen. */
async function asked(pty: Pty, name: string, pattern: RegExp, ...words: readonly string[]): Promise<void> {
  const asking = { on: true };
  const asks = (async () => {
    while (asking.on) await dig(server.address, name, ...words);
  })();
  try {
    await pty.until(({ text }) => pattern.test(text), `${pattern} is shown`);
  } finally {
    asking.on = false;
    await asks;
  }
}

describe('in a terminal', () => {
  it('shows rates, names and clients, obeys keys, and gives the terminal back', async () => {
    const pty = top();
    await pty.until(({ text }) => text.includes('registry  synced'), 'the registry is shown');
    expect(pty.screen.isAlternate).toBe(true);
    await asked(pty, 'web.skydns.local', /^ web\.skydns\.local\. +\d.* 127\.0\.0\.1 +\d/m);
    await asked(pty, 'api.skydns.local', /^ api\.skydns\.local\. /m);
    // What a name holds never reaches the terminal as it is: the emulator would throw.
    await asked(pty, 'a\\027[31m\\155.skydns.local', /^ a\\027\[31m\\155\.skydns\.local\. /m);
    await asked(pty, 'web.skydns.local', /answers +\d.*\/s +p50 [\d.]+ .*[\s\S]*rcodes +NOERROR 100/);
    pty.press('s');
    await pty.until(({ text }) => text.includes('NAMES (by name)'), 'it is sorted by name');
    const order = pty.screen.lines.filter((line) => /^ \S+\.skydns\.local\./.test(line));
    expect(order.map((line) => line.trim().split(' ')[0])).toEqual([
      'a\\027[31m\\155.skydns.local.',
      'api.skydns.local.',
      'web.skydns.local.',
    ]);
    for (const [key, mark] of [
      ['\x1b[C', '>CLIENTS'],
      ['\x1bOD', '>NAMES'],
      ['\t', '>CLIENTS'],
    ] as const) {
      pty.press(key);
      await pty.until(({ text }) => text.includes(mark), `${mark} is chosen`);
    }
    pty.press(' ');
    await pty.until(({ text }) => text.includes('PAUSED'), 'it is paused');
    // Neither scrolling beyond the ends nor keys that mean nothing do any harm.
    pty.press('\x1b[A\x1b[B\x1b[5~\x1b[6~\x1b[H\x1b[F\x1b[1;5P\x1bx\xffz');
    pty.press('p');
    await pty.until(({ text }) => !text.includes('PAUSED'), 'it goes on');
    pty.press('q');
    expect(await pty.ended()).toMatchObject({ code: 0, isRestored: true });
    expect([pty.screen.isAlternate, pty.screen.isCursorHidden]).toEqual([false, false]);
  });

  it('fits any size, also a very small one', async () => {
    const pty = top(30, 150);
    await pty.until(({ lines }) => lines.length === 30 && lines[29]!.startsWith('q quit'), 'all is drawn');
    for (const [rows, columns] of [
      [10, 40],
      [3, 9],
      [1, 1],
      [24, 80],
    ] as const) {
      pty.resize(rows, columns);
      await pty.until(({ widest }) => {
        pty.screen.widest = 0;
        return widest > 0 && widest <= columns;
      }, 'it is drawn anew');
      expect(pty.screen.widest).toBeLessThanOrEqual(columns);
    }
    await pty.until(
      ({ lines }) => lines[23]?.startsWith('q quit') === true,
      'the last line is where it belongs',
    );
    // Up to the last column.
    await pty.until(
      ({ lines }) => lines.some((line) => /^>NAMES {60,}A SECOND$/.test(line)),
      'the heads are whole',
    );
    pty.press('\x03');
    expect(await pty.ended()).toMatchObject({ code: 0, isRestored: true });
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const)(
    'gives the terminal back on %s',
    async (signal) => {
      const pty = top();
      await pty.until(({ isAlternate }) => isAlternate, 'it has begun');
      pty.signal(constants.signals[signal]);
      expect(await pty.ended()).toMatchObject({ code: -constants.signals[signal], isRestored: true });
      expect([pty.screen.isAlternate, pty.screen.isCursorHidden]).toEqual([false, false]);
    },
  );

  it.each([
    ['SIGTSTP', (pty: Pty) => pty.signal(constants.signals.SIGTSTP)],
    ['Ctrl-Z', (pty: Pty) => pty.press('\x1a')],
  ])('gives it back on %s, and takes it again when it is continued', async (_what, stop) => {
    const pty = top();
    await pty.until(({ text }) => text.includes('registry  synced'), 'it has begun');
    stop(pty);
    await pty.until(({ isAlternate }) => !isAlternate, 'it has given it back');
    pty.signal(constants.signals.SIGCONT);
    await pty.until(({ isAlternate, text }) => isAlternate && text.includes('q quit'), 'it is back');
    pty.press('q');
    expect(await pty.ended()).toMatchObject({ code: 0, isRestored: true });
  });

  it('says that the server is gone, and goes on when there is one', async () => {
    const http = await freePort();
    const first = await scene.program(['serve', '--listen', '127.0.0.1:0', '--http', `127.0.0.1:${http}`]);
    await first.line(/^fingerpost ready/);
    const pty = top(24, 120, `@127.0.0.1:${http}`);
    await pty.until(({ text }) => text.includes('registry  synced'), 'it has begun');
    await first.stop();
    await pty.until(({ text }) => text.includes('no answer: no server at'), 'it is said');
    await scene.program(['serve', '--listen', '127.0.0.1:0', '--http', `127.0.0.1:${http}`]);
    await pty.until(
      ({ text }) => !text.includes('no answer') && text.includes('registry  synced'),
      'it goes on',
    );
    pty.press('q');
    expect(await pty.ended()).toMatchObject({ code: 0 });
  });
});

describe('without a terminal', () => {
  it('prints once, as text and as JSON', async () => {
    await scene.call(['top', base(), '--once', '--interval', '0.1']);
    for (let i = 0; i < 3; i++) await dig(server.address, 'web.skydns.local');
    const { code, stdout } = await scene.call(['top', base(), '--interval', '0.5']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^registry +synced .*2 services$/m);
    const json = await scene.call(['top', base(), '--json', '--interval', '0.1']);
    const { figures, ...report } = JSON.parse(json.stdout) as { figures: { seconds: number } };
    expect(figures.seconds).toBeGreaterThan(0.05);
    expect(topSchema.parse(report).names.map(({ key }) => key)).toContain('web.skydns.local.');
  });

  it.each([
    [['@127.0.0.1:1'], 1, /no server at http:\/\/127\.0\.0\.1:1/],
    [['web.skydns.local'], 2, /allowed: @ADDR:PORT/],
    [['--interval', '0'], 2, /--interval: read "0"/],
    [['--interval', ''], 2, /--interval: read ""/],
  ])('ends with one line where it cannot: %j', async (words, code, message) => {
    const ended = await scene.call(['top', ...words]);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('/v1/top', () => {
  it('is for this machine, and for no page of a browser', async () => {
    const url = `http://${server.http.host}:${server.http.port}/v1/top`;
    const ask = async (path: string, init: RequestInit = {}) => (await fetch(`${url}${path}`, init)).status;
    expect(await ask('?most=5')).toBe(200);
    expect(await ask('?most=0')).toBe(422);
    expect(await ask('?other=1')).toBe(422);
    expect(await ask('', { method: 'POST' })).toBe(405);
    expect(await ask('', { headers: { origin: 'http://evil.test' } })).toBe(403);
  });
});
