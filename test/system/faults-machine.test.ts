// The fault matrix: the server's disk takes nothing, and its clock jumps.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { mountDisk, type TestDisk } from '../support/disk.ts';
import { Matrix } from '../support/trial/matrix.ts';
import { WallClock } from '../support/wall-clock.ts';

const CANNOT = /^the snapshot cannot be written/;

const folder = mkdtempSync(join(tmpdir(), 'fingerpost-test-'));
const clock = new WallClock(folder);
let disk: TestDisk | undefined;
afterAll(() => {
  disk?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const matrix = new Matrix(() => {
  disk = mountDisk(mkdtempSync(join(folder, 'disk-')), '2m');
  return { stateDir: disk.folder, env: clock.env };
});

/** Writes until nothing more fits; the file that takes all the room. */
function fill(where: string): string {
  const path = join(where, 'filling');
  try {
    for (const size of [65_536, 4_096, 1]) for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  return path;
}

matrix.fault('a full disk, and kill -9', async (trial) => {
  await trial.saved();
  const path = fill(trial.stateDir);
  await trial.server.program.logged(CANNOT);
  await trial.fresh();
  await trial.killServer();
  return () => {
    rmSync(path);
    return trial.saved();
  };
});

matrix.fault('a read-only state directory from a start after kill -9 on', async (trial) => {
  await trial.killServer(() => disk?.remount('ro'));
  await trial.server.program.logged(CANNOT);
  await trial.fresh();
  return () => {
    disk?.remount('rw');
    return trial.saved();
  };
});

matrix.fault('a clock that jumps two days ahead, and back', async (trial) => {
  for (const offset of ['+2d', '+0']) {
    clock.set(offset);
    await trial.fresh();
    await trial.saved();
    await trial.state('synced');
  }
  return () => {};
});

matrix.fault('a clock that jumps while cut off, and a restart', async (trial) => {
  for (const line of trial.lines) await line.cut();
  await trial.state('stale');
  clock.set('-2d');
  await trial.asked(300);
  clock.set('+2d');
  await trial.asked(300);
  await trial.restart();
  clock.set('+0');
  await trial.asked(300);
  return () => Promise.all(trial.lines.map((line) => line.open()));
});
