// A disk of a test's own, of a size that can be changed, and that can be made read-only. Needs root.
import { execFileSync } from 'node:child_process';

export interface TestDisk {
  readonly folder: string;
  /** Changes what it is mounted with: `ro`, `rw`, `size=64k`. */
  remount(options: string): void;
  remove(): void;
}

/** Mounts a disk of `size` at the empty `folder`. */
export function mountDisk(folder: string, size: string): TestDisk {
  const mount = (...args: readonly string[]) => execFileSync('mount', [...args, folder]);
  mount('-t', 'tmpfs', '-o', `size=${size}`, 'fingerpost-test');
  return {
    folder,
    remount: (options) => void mount('-o', `remount,${options}`),
    remove: () => void execFileSync('umount', ['-l', folder]),
  };
}
