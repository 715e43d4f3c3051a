// A, AAAA and TXT questions: design section 3, the rows of services(N).
import { describe } from 'vitest';
import { spec } from '../support/zone-fixture.ts';

describe('A and AAAA', () => {
  const records = {
    '/skydns/org/example/web/1': { host: '10.0.0.1', port: 80 },
    '/skydns/org/example/web/2': { host: '10.0.0.2', port: 80 },
    '/skydns/org/example/web/deep/er/3': { host: '2001:DB8::3' },
    '/skydns/org/example/webb': { host: '10.9.9.9' },
  };
  spec(
    'one record per address of that family, at the name or anywhere below it',
    { records },
    ['web.example.org A', 'web.example.org. 30 A 10.0.0.1', 'web.example.org. 30 A 10.0.0.2'],
    ['web.example.org AAAA', 'web.example.org. 30 AAAA 2001:db8::3'],
    ['1.web.example.org A', '1.web.example.org. 30 A 10.0.0.1'],
    ['1.web.example.org AAAA', 'NODATA'],
    ['er.deep.web.example.org AAAA', 'er.deep.web.example.org. 30 AAAA 2001:db8::3'],
  );
  spec(
    'whole labels match: a key `ab` is never found for `a`',
    { records: { '/skydns/org/example/ab': { host: '10.0.0.1' }, '/skydns/org/example/a/b': {} } },
    ['a.example.org A', 'NODATA'],
    ['ab.example.org A', 'ab.example.org. 30 A 10.0.0.1'],
    ['b.example.org A', 'NXDOMAIN'],
  );
  spec(
    'a key that has a value and keys below it counts for both (union)',
    {
      records: {
        '/skydns/org/example/web': { host: '10.0.0.1' },
        '/skydns/org/example/web/1': { host: '10.0.0.2' },
      },
    },
    ['web.example.org A', 'web.example.org. 30 A 10.0.0.1', 'web.example.org. 30 A 10.0.0.2'],
    ['1.web.example.org A', '1.web.example.org. 30 A 10.0.0.2'],
  );
  spec(
    'duplicates are removed',
    {
      records: {
        '/skydns/org/example/web/1': { host: '10.0.0.1', port: 1 },
        '/skydns/org/example/web/2': { host: '10.0.0.1', port: 2 },
        '/skydns/org/example/web/3': { host: '::ffff:10.0.0.1' },
        '/skydns/org/example/web/4': { host: '2001:db8:0::1' },
        '/skydns/org/example/web/5': { host: '2001:db8::1' },
      },
    },
    ['web.example.org A', 'web.example.org. 30 A 10.0.0.1'],
    ['web.example.org AAAA', 'web.example.org. 30 AAAA 2001:db8::1'],
  );
  spec(
    'keys in upper case are served under their lower-case name, and a question may have any case',
    { records: { '/skydns/ORG/Example/WEB/1': { host: '10.0.0.1' } } },
    ['web.example.org A', 'web.example.org. 30 A 10.0.0.1'],
    ['wEb.eXample.ORG A', 'web.example.org. 30 A 10.0.0.1'],
  );
  spec(
    'two keys that differ only in case both count',
    {
      records: {
        '/skydns/org/example/web': { host: '10.0.0.1' },
        '/skydns/org/example/Web': { host: '10.0.0.2' },
      },
    },
    ['web.example.org A', 'web.example.org. 30 A 10.0.0.1', 'web.example.org. 30 A 10.0.0.2'],
  );
  spec(
    'labels that are not ASCII stand as their UTF-8 bytes, and only ASCII folds (RFC 4343)',
    { records: { '/skydns/org/example/bücher': { host: '10.0.0.1' } } },
    ['bücher.example.org A', 'b\\195\\188cher.example.org. 30 A 10.0.0.1'],
    ['BüCHER.example.org A', 'b\\195\\188cher.example.org. 30 A 10.0.0.1'],
    ['bÜcher.example.org A', 'NXDOMAIN'],
  );
});

describe('TTL', () => {
  spec(
    'all records of an RRset carry the smallest TTL, and each RRset its own',
    {
      records: {
        '/skydns/org/example/web/1': { host: '10.0.0.1', ttl: 300 },
        '/skydns/org/example/web/2': { host: '10.0.0.2', ttl: 20 },
        '/skydns/org/example/web/3': { host: '10.0.0.2', ttl: 15 },
        '/skydns/org/example/web/4': { host: '2001:db8::1', ttl: 600 },
      },
    },
    ['web.example.org A', 'web.example.org. 15 A 10.0.0.1', 'web.example.org. 15 A 10.0.0.2'],
    ['web.example.org AAAA', 'web.example.org. 600 AAAA 2001:db8::1'],
    ['1.web.example.org A', '1.web.example.org. 300 A 10.0.0.1'],
  );
  spec(
    'absent means the configured default; 0 is 0',
    {
      records: {
        '/skydns/org/example/a': { host: '10.0.0.1' },
        '/skydns/org/example/b': { host: '10.0.0.1', ttl: 0 },
      },
    },
    ['a.example.org A', 'a.example.org. 30 A 10.0.0.1'],
    ['b.example.org A', 'b.example.org. 0 A 10.0.0.1'],
  );
});

describe('TXT', () => {
  const records = {
    '/skydns/org/example/note/1': { text: 'hello' },
    '/skydns/org/example/note/2': { text: 'wörld' },
    '/skydns/org/example/t255': { text: 'x'.repeat(255) },
    '/skydns/org/example/t256': { text: 'x'.repeat(256) },
    '/skydns/org/example/t510': { text: 'x'.repeat(510) },
    '/skydns/org/example/both': { host: '10.0.0.1', text: 'both', port: 80 },
    '/skydns/org/example/empty': {},
  };
  spec(
    'services with text',
    { records },
    ['note.example.org TXT', 'note.example.org. 30 TXT "hello"', 'note.example.org. 30 TXT "wörld"'],
    ['empty.example.org TXT', 'NODATA'],
  );
  spec(
    'a text of exactly 255 bytes is one string, one of 256 is two',
    { records },
    ['t255.example.org TXT', `t255.example.org. 30 TXT "${'x'.repeat(255)}"`],
    ['t256.example.org TXT', `t256.example.org. 30 TXT "${'x'.repeat(255)}" "x"`],
    ['t510.example.org TXT', `t510.example.org. 30 TXT "${'x'.repeat(255)}" "${'x'.repeat(255)}"`],
  );
  spec(
    'with `host` and `text` it answers address, SRV and TXT questions alike',
    { records },
    ['both.example.org A', 'both.example.org. 30 A 10.0.0.1'],
    ['both.example.org TXT', 'both.example.org. 30 TXT "both"'],
    [
      'both.example.org SRV',
      'both.example.org. 30 SRV 10 100 80 both.example.org.',
      '+ both.example.org. 30 A 10.0.0.1',
    ],
  );
  spec(
    'with `text` alone it answers TXT and nothing else, never a CNAME or SRV to "."',
    { records },
    ['note.example.org A', 'NODATA'],
    ['note.example.org AAAA', 'NODATA'],
    ['note.example.org SRV', 'NODATA'],
    ['note.example.org CNAME', 'NODATA'],
    ['note.example.org MX', 'NODATA'],
  );
  spec(
    '`{}` makes the name exist and answers nothing',
    { records },
    ['empty.example.org A', 'NODATA'],
    ['empty.example.org SRV', 'NODATA'],
    ['x.empty.example.org A', 'NXDOMAIN'],
  );
});
