// The file of the query log: rotated, full, a pipe that nobody reads. Nothing waits for it, and what is lost is counted.
import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { silent } from '../../src/base/log.ts';
import { LineFile } from '../../src/tap/line-file.ts';
import { until } from '../transport/support.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fingerpost-test-'));
  closing.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

function open(path: string) {
  const count = { written: 0, lost: 0 };
  const logged: string[] = [];
  const line = (_fields: unknown, message: string) => void logged.push(message);
  const file = new LineFile(path, { ...silent, info: line, warn: line }, (written, lost) => {
    count.written += written;
    count.lost += lost;
  });
  closing.push(() => file.close());
  return { file, count, logged };
}

const lines = (from: number, count: number) =>
  Buffer.from(Array.from({ length: count }, (_, i) => `line ${from + i}\n`).join(''));

it('writes lines in order, behind what is there, into the file that has its name by then', async () => {
  const path = join(await folder(), 'log');
  const { file, count } = open(path);
  for (let i = 0; i < 100; i++) {
    file.add(lines(i * 10, 10), 10);
    if (i === 50) {
      await rename(path, `${path}.1`);
      file.reopen();
    }
  }
  await file.close();
  const [old, now] = [await readFile(`${path}.1`, 'utf8'), await readFile(path, 'utf8')];
  expect(`${old}${now}`).toBe(String(lines(0, 1000)));
  expect(now).not.toBe('');
  expect(count).toEqual({ written: 1000, lost: 0 });
  const again = open(path);
  again.file.add(lines(1000, 1), 1);
  await again.file.close();
  expect(await readFile(path, 'utf8')).toBe(`${now}line 1000\n`);
});

it('does not open what cannot be opened', async () => {
  expect(() => open('/nonexistent/log')).toThrow(/ENOENT/);
  const pipe = join(await folder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  // Nobody reads it: to wait for somebody would hold everything up.
  expect(() => open(pipe)).toThrow(/ENXIO/);
});

it('loses and counts what does not fit on the disk, says so once, and tries again', async () => {
  const { file, count, logged } = open('/dev/full');
  file.add(lines(0, 5), 5);
  await until(() => count.lost === 5, 'they are lost');
  expect(file.hasRoom).toBe(false);
  await until(() => file.hasRoom, 'it is opened again');
  file.add(lines(5, 2), 2);
  await until(() => count.lost === 7, 'they are lost, too');
  expect(logged).toEqual(['the query log cannot be written; lines are lost']);
});

it('has room for some lines while a pipe is not read, and for more when it is', async () => {
  const pipe = join(await folder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = createReadStream(pipe, { highWaterMark: 1024 });
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  reader.once('open', () => resolve());
  let file: ReturnType<typeof open> | undefined;
  await until(() => {
    try {
      file ??= open(pipe);
    } catch {
      // Not read yet.
    }
    return file !== undefined;
  }, 'it can be opened');
  await opened;
  closing.push(() => reader.destroy());
  const chunk = lines(0, 10_000);
  let added = 0;
  for (; file!.file.hasRoom && added < 1000; added++) file!.file.add(chunk, 10_000);
  expect(added).toBeLessThan(1000);
  let read = 0;
  reader.on('data', (bytes) => {
    read += bytes.length;
  });
  await until(() => read === added * chunk.length, 'all of it has been read');
  expect(file!.file.hasRoom).toBe(true);
  expect(file!.count.lost).toBe(0);
});
