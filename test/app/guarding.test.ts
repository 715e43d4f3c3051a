// Options of access, limits and cookies, as they are written and as guards get them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeOptions, loadOptions } from '../../src/app/config.ts';
import { guardSettings, ownSecret } from '../../src/app/guarding.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fingerpost-guarding-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const OWN = ownSecret();

/** The rules as actions and lengths of networks, in bits of 128. */
function rulesOf(options: Parameters<typeof guardSettings>[0]) {
  return guardSettings(options, OWN).rules.map(({ action, networks }) => [
    action,
    networks.map(({ bits }) => bits),
  ]);
}

describe('access', () => {
  const RULES = [
    ['drop', [128]],
    ['allow', [104, 8]],
    ['deny', [96, 0]],
  ];

  it('is a list of rules: as flags, in the environment, as lines and as maps in the file', () => {
    const lines = ['drop 192.0.2.1', 'allow 10.0.0.0/8  fd00::/8', 'deny any'];
    const inLines = file('lines.yaml', `acl:\n${lines.map((line) => `  - ${line}\n`).join('')}`);
    const maps = file(
      'maps.yaml',
      'acl:\n  - drop: 192.0.2.1\n  - allow: [10.0.0.0/8, "fd00::/8"]\n  - deny: any\n',
    );
    for (const options of [
      loadOptions({ acl: lines }, {}),
      loadOptions({}, { FINGERPOST_ACL: lines.join(', ') }),
      loadOptions({ config: inLines }, {}),
      loadOptions({ config: maps }, {}),
    ])
      expect(rulesOf(options)).toEqual(RULES);
  });

  it('names the line of a mistake in the file', () => {
    const path = file('bad.yaml', 'ttl: 5\nacl:\n  - drop: 192.0.2.1\n  - {deny: any, allow: any}\n');
    expect(() => loadOptions({ config: path }, {})).toThrow(`${path}:4: acl: read`);
  });

  it('is for all where nothing is said, and limits nobody', () => {
    expect(guardSettings(completeOptions(), OWN)).toEqual({
      rules: [],
      rate: 0,
      slip: 1,
      exempt: [],
      secrets: [OWN],
    });
  });

  it('holds a thousand networks', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => `deny 10.${i >> 8}.${i & 255}.0/24`);
    expect(rulesOf(completeOptions({ acl: many(1000) }))).toHaveLength(1000);
    expect(() => completeOptions({ acl: many(1001) })).toThrow('it names 1001 networks, more than 1000');
  });
});

describe('the secrets of cookies', () => {
  const A = 'e5e973e5a6b2a43f48e7dc849e37bfcf';
  const B = 'DD3BDF9344B678B185A6F5CB60FCA715';
  const secretsIn = (text: string, cookies = true) => {
    const cookieSecretFile = file('secrets', text);
    const { secrets } = guardSettings(completeOptions({ cookieSecretFile, cookies }), OWN);
    return secrets.map((secret) => Buffer.from(secret).toString('hex'));
  };

  it('are lines of a file, among comments', () => {
    expect(secretsIn(`${A}\n`)).toEqual([A]);
    expect(secretsIn(`# new\r\n ${A} \r\n\r\n${B}`)).toEqual([A, B.toLowerCase()]);
  });

  it('are none where cookies are off', () => {
    expect(secretsIn(A, false)).toEqual([]);
    expect(guardSettings(completeOptions({ cookies: false }), OWN).secrets).toEqual([]);
  });

  it.each([
    ['', ': read 0 secrets, allowed: 1 to 4 lines of 32 hexadecimal digits'],
    [`${A}\n`.repeat(5), ': read 5 secrets, allowed: 1 to 4'],
    [`${A}\n${B}0\n`, ':2: allowed: 32 hexadecimal digits'],
    ['secret', ':1: allowed: 32 hexadecimal digits'],
  ])('in a file with mistakes are refused without being told: %j', (text, why) => {
    expect(() => secretsIn(text)).toThrow(`cookie-secret-file: ${join(folder, 'secrets')}${why}`);
    expect(() => secretsIn(text)).not.toThrow(B);
  });
});
