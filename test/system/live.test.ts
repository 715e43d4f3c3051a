// Very many that want to look on at one time: some may, the others are told why not, and questions are answered.
import { expect, it } from 'vitest';
import { MOST_LOOKERS } from '../../src/api/live.ts';
import { LiveReader } from '../support/live.ts';
import { Scene } from '../support/scene.ts';

const ATTEMPTS = 10_000;
const AT_ONCE = 500;

const scene = new Scene();

it(`of ${ATTEMPTS} that want to look on ${MOST_LOOKERS} may, and questions are answered all the while`, {
  timeout: 300_000,
}, async () => {
  const cwd = await scene.folder();
  await scene.call(['put', 'web.skydns.local', '{"host":"10.0.0.1"}'], { cwd });
  const server = await scene.server([], { cwd });
  const url = `http://127.0.0.1:${server.http.port}`;
  const lookup = () => scene.call(['lookup', 'web.skydns.local', 'A', `@127.0.0.1:${server.port}`]);
  const readers: LiveReader[] = [];
  const refused = new Map<string, number>();
  let left = ATTEMPTS;
  const attempt = async (): Promise<void> => {
    while (left-- > 0) {
      const reader = await LiveReader.open(url);
      if (reader.response.statusCode === 200) {
        readers.push(reader);
        continue;
      }
      const said = `${reader.response.statusCode} ${await reader.rest()}`;
      refused.set(said, (refused.get(said) ?? 0) + 1);
    }
  };
  const attempts = Array.from({ length: AT_ONCE }, attempt);
  expect((await lookup()).stdout).toContain('10.0.0.1');
  await Promise.all(attempts);
  expect(readers).toHaveLength(MOST_LOOKERS);
  expect([...refused.values()]).toEqual([ATTEMPTS - MOST_LOOKERS]);
  expect([...refused.keys()][0]).toMatch(/^503 .*256 look on already/);
  expect((await lookup()).stdout).toContain('10.0.0.1');
  for (const reader of readers) reader.close();
  await expect
    .poll(
      async () => {
        const reader = await LiveReader.open(url);
        reader.close();
        return reader.response.statusCode;
      },
      { timeout: 30_000 },
    )
    .toBe(200);
});
