// The systemd units: what systemd itself says of them.
import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadOptions } from '../../src/app/config.ts';
import { announce } from '../../src/cli/announce.ts';
import { announceFlags } from '../../src/cli/announce-flags.ts';
import { MAIN, ROOT } from '../support/program.ts';
import { Scene } from '../support/scene.ts';

const run = promisify(execFile);
const scene = new Scene();
const SERVICES = ['fingerpost.service', 'fingerpost-announce@.service'];
const EXAMPLE = 'fingerpost-announce@web.skydns.local.service';
/** What `systemd-analyze security` gives at most; README states the figures. */
const MOST_EXPOSURE = 1.2;

let units: string;
/** The units with the program where it is here: systemd looks whether it is there. */
beforeAll(async () => {
  units = await scene.folder();
  await cp(join(ROOT, 'deploy/systemd'), units, { recursive: true });
  for (const name of SERVICES) {
    const text = await readFile(join(units, name), 'utf8');
    await writeFile(join(units, name), text.replaceAll('/usr/local/bin/fingerpost', MAIN));
  }
  await writeFile(join(units, 'web.service'), '[Service]\nExecStart=/bin/true\n');
});

const analyze = (...args: readonly string[]) =>
  run('systemd-analyze', [...args], {
    env: { PATH: process.env.PATH, SYSTEMD_COLORS: '0', SYSTEMD_EMOJI: '0' },
  });

describe('the units', () => {
  it.each([...SERVICES, 'fingerpost.socket', EXAMPLE])('%s: systemd finds nothing wrong', async (name) => {
    const { stdout, stderr } = await analyze(
      'verify',
      '--man=no',
      '--recursive-errors=one',
      join(units, name),
    );
    expect(`${stdout}${stderr}`).toBe('');
  });

  it.each(SERVICES)(`%s: an exposure of less than ${MOST_EXPOSURE}`, async (name) => {
    const { stdout } = await analyze('security', '--offline=yes', '--no-pager', join(units, name));
    const [, exposure] = /Overall exposure level for \S+: ([\d.]+) /.exec(stdout) ?? [];
    expect(Number(exposure)).toBeLessThan(MOST_EXPOSURE);
    // systemd-analyze gives 1 to 100, in tenths.
    await analyze('security', '--offline=yes', `--threshold=${MOST_EXPOSURE * 10}`, join(units, name));
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    expect(readme.includes(`exposure of ${exposure}`)).toBe(true);
  });

  it('the example announces what the program would take', async () => {
    const text = await readFile(join(units, `${EXAMPLE}.d/web.conf`), 'utf8');
    const [, words = ''] = /^Environment="ANNOUNCE=(.*)"$/m.exec(text) ?? [];
    const command = new Command('announce').exitOverride();
    announce.declare?.(command);
    command.parse(['web.skydns.local', ...words.split(' ')], { from: 'user' });
    const { announced, isAuto, check } = announceFlags('web.skydns.local', command.opts());
    expect(announced).toMatchObject({ port: 8080, srv: ['_http._tcp'] });
    expect(isAuto).toBe(true);
    expect(check).toBe('http://127.0.0.1:8080/healthz');
  });

  it('the announcer knows its machine in the /proc that it is given', async () => {
    const text = await readFile(join(units, 'fingerpost-announce@.service'), 'utf8');
    const [, hidden] = /^ProtectProc=(\w+)$/m.exec(text) ?? [];
    const [, subset] = /^ProcSubset=(\w+)$/m.exec(text) ?? [];
    const options = [`hidepid=${hidden}`, ...(subset === 'pid' ? ['subset=pid'] : [])].join();
    const work = 'mount -t proc -o "$1" proc /proc && exec setpriv --reuid 65532 --clear-groups "$2" -e "$3"';
    const source = `import(${JSON.stringify(join(ROOT, 'src/announce/owner.ts'))})
      .then(({ newOwner }) => console.log(newOwner().machine))`;
    const args = ['--mount', 'sh', '-c', work, 'sh', options, process.execPath, source];
    const { stdout } = await run('unshare', args);
    expect(stdout).toMatch(/^[0-9a-f]{16}\n$/);
  });

  it('the file of options beside them is one', () => {
    const { registry, listen } = loadOptions({ config: join(ROOT, 'deploy/systemd/fingerpost.yaml') }, {});
    expect(registry).toBe('sqlite:/var/lib/fingerpost/services.db');
    expect(listen.length).toBeGreaterThan(0);
  });
});
