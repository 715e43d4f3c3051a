// Whom the server works as: started by root, it does as another user all but opening ports, and then nothing as root any more.
import { userInfo } from 'node:os';
import { FingerpostError, messageOf } from '../base/errors.ts';
import { type Bind, bindAsIs } from '../transport/deps.ts';

const ROOT = 0;

interface Account {
  readonly uid: number;
  readonly gid: number;
  /** Undefined for a number that no user has. */
  readonly name: string | undefined;
}

/** Names are looked up, numbers taken as they are. */
function idOf(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function bad(value: string, why: string): FingerpostError {
  return new FingerpostError('config', `user: read "${value}" (${why}), allowed: NAME or NAME:GROUP`);
}

/** What the system knows about the user that the process is as far as rights go; undefined where it is nobody's number. */
function effectiveUser(): { name: string; gid: number } | undefined {
  try {
    const { username, gid } = userInfo();
    return { name: username, gid };
  } catch {
    return undefined;
  }
}

/** A user's numbers: Node looks names up only while it takes them on, so each is taken on for a moment. */
function accountOf(value: string): Account {
  const [user = '', group, ...rest] = value.split(':');
  if (user === '' || group === '' || rest.length > 0) throw bad(value, 'it is neither');
  try {
    process.seteuid?.(idOf(user));
    const uid = process.geteuid?.() ?? ROOT;
    const known = effectiveUser();
    process.seteuid?.(ROOT);
    const gid = group === undefined ? known?.gid : groupOf(group);
    if (uid === ROOT) throw bad(value, 'it is root');
    if (gid === undefined) throw bad(value, `user ${user} is not known here, so its group has to be named`);
    return { uid, gid, name: known?.name };
  } catch (error) {
    if (error instanceof FingerpostError) throw error;
    throw bad(value, messageOf(error));
  } finally {
    process.seteuid?.(ROOT);
  }
}

function groupOf(group: string): number {
  const own = process.getegid?.() ?? ROOT;
  process.setegid?.(idOf(group));
  const gid = process.getegid?.() ?? ROOT;
  process.setegid?.(own);
  return gid;
}

/** Whether the process is that user already, as a restarted or supervised one may be. */
function isAlready(value: string): boolean {
  const [user = ''] = value.split(':');
  return idOf(user) === process.getuid?.() || user === effectiveUser()?.name;
}

/** What the types of Node leave out: all groups of a user, and one more. */
interface WithGroups {
  readonly initgroups?: (user: string, group: number) => void;
}

export interface Privileges {
  /** Opens something that may need root. */
  readonly bind: Bind;
  /** From now on nothing is done as root, and nothing can be. */
  drop(): void;
}

/** Those of whoever started the process. */
const own: Privileges = { bind: bindAsIs, drop: () => {} };

/**
 * Works as `user` (`NAME` or `NAME:GROUP`, numbers allowed) from now on, with root kept for `bind` until `drop`. All
 * threads change together, later ones included. Throws a FingerpostError of code `config` where that cannot be.
 */
export function takeUser(user: string | undefined): Privileges {
  if (user === undefined) return own;
  if (process.getuid?.() !== ROOT) {
    if (isAlready(user)) return own;
    throw new FingerpostError('config', `user: only root can become ${user}, this is ${currentUser()}`);
  }
  const account = accountOf(user);
  become(account);
  let dropped = false;
  return {
    async bind(open) {
      if (dropped) return open();
      process.seteuid?.(ROOT);
      try {
        return await open();
      } finally {
        process.seteuid?.(account.uid);
      }
    },
    drop: () => {
      if (!dropped) drop(account);
      dropped = true;
    },
  };
}

function currentUser(): string {
  return effectiveUser()?.name ?? `user ${process.getuid?.()}`;
}

/** Groups are changed for good, the user in a way that can be taken back. */
function become({ uid, gid, name }: Account): void {
  try {
    if (name === undefined) process.setgroups?.([gid]);
    else (process as WithGroups).initgroups?.(name, gid);
    process.setgid?.(gid);
    process.seteuid?.(uid);
  } catch (cause) {
    throw new FingerpostError('config', `user: cannot become user ${uid}, group ${gid}`, { cause });
  }
}

function drop({ uid }: Account): void {
  process.seteuid?.(ROOT);
  process.setuid?.(uid);
  if (process.getuid?.() !== uid || canBeRoot()) throw new Error('root could not be given up');
}

function canBeRoot(): boolean {
  try {
    process.seteuid?.(ROOT);
    return true;
  } catch {
    return false;
  }
}
