// Field names as Go's JSON decoder takes them: case does not matter, the exact spelling wins.
import { expect, test } from 'vitest';
import { parseService } from '../../src/service/record.ts';

test('a field in another case counts, as it does for SkyDNS and CoreDNS', () => {
  expect(parseService('{"Host":"10.0.0.1","PORT":80,"TargetStrip":1}')).toMatchObject({
    host: '10.0.0.1',
    port: 80,
    targetstrip: 1,
  });
});

test('the exact spelling wins', () => {
  expect(parseService('{"Host":"10.0.0.1","host":"10.0.0.2"}')).toMatchObject({ host: '10.0.0.2' });
  expect(parseService('{"host":"10.0.0.2","HOST":"10.0.0.1"}')).toMatchObject({ host: '10.0.0.2' });
});

test('a mistake in it is named', () => {
  expect(parseService('{"Port":70000}')).toEqual({
    problem: 'port: 70000 is not a whole number from 0 to 65535',
  });
});
