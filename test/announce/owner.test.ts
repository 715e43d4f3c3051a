// Who holds a record: told from real processes that live, have ended, or whose id was given out again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { newOwner, ownerOf, ownerText, standingOf } from '../../src/announce/owner.ts';

const self = newOwner();

/** An owner of this machine in a process that runs `work`. */
async function other(work: string): Promise<{ owner: typeof self; end: () => Promise<void> }> {
  const child = spawn('sh', ['-c', work], { stdio: ['pipe', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  const { pid } = child;
  const start = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
  const end = async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
  };
  return { owner: { ...self, id: 'other', pid, start }, end };
}

describe('the owner of a record', () => {
  it('is another one for every start, and always of this machine', () => {
    const second = newOwner();
    expect(second.id).not.toBe(self.id);
    expect(second).toMatchObject({ machine: self.machine, pid: process.pid, start: self.start });
    expect(self.machine).toMatch(/^[0-9a-f]{16}$/);
  });

  it('is read from the record, whatever else that holds', () => {
    expect(ownerOf(JSON.stringify({ host: '::1', announcer: self }))).toEqual(self);
    for (const value of ['{"host":"::1"}', '{"announcer":{}}', '{"announcer":{"id":1}}', 'null', '{', ''])
      expect(ownerOf(value)).toBeUndefined();
  });

  it('is ourselves, a process that lives, or one that has ended', async () => {
    const { owner, end } = await other('echo; read line');
    expect(standingOf(self, self)).toBe('self');
    expect(standingOf(owner, self)).toBe('alive');
    expect(ownerText(owner, 'alive')).toBe(`process ${owner.pid} of this machine`);
    expect(standingOf({ ...owner, start: `${owner.start}0` }, self)).toBe('dead'); // its id was given out again
    await end();
    expect(standingOf(owner, self)).toBe('dead');
  });

  it('lives where it belongs to somebody else', () => {
    const start = readFileSync('/proc/1/stat', 'utf8').split(') ')[1]?.split(' ')[19];
    expect(standingOf({ ...self, id: 'other', pid: 1, start }, self)).toBe('alive');
  });

  it('is elsewhere where the machine is another one, or not told', () => {
    for (const owner of [{ id: 'x' }, { ...self, id: 'x', machine: 'y' }, { id: 'x', machine: self.machine }])
      expect(standingOf(owner, self)).toBe('elsewhere');
    expect(standingOf({ id: 'x' }, { id: 'y' })).toBe('elsewhere');
  });
});
