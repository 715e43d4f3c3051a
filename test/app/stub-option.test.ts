// Stub zones as people write them, and what is said of mistakes.
import { describe, expect, it, test } from 'vitest';
import { splitStubs, stubSchema } from '../../src/app/options/stub.ts';

const server = (host: string, port = 53) => ({ host, port });

describe('a stub zone', () => {
  test.each<[given: unknown, zone: string, servers: object[]]>([
    ['example.com=172.16.1.1:54', 'example.com', [server('172.16.1.1', 54)]],
    ['Example.COM.=172.16.1.1', 'example.com', [server('172.16.1.1')]],
    [
      ' example.com = 172.16.1.1 , 172.16.1.2:54 ',
      'example.com',
      [server('172.16.1.1'), server('172.16.1.2', 54)],
    ],
    [
      'example.com=[2001:db8::1]:54,2001:db8::2',
      'example.com',
      [server('2001:db8::1', 54), server('2001:db8::2')],
    ],
    ['10.0.0.0/8=192.0.2.1', '10.in-addr.arpa', [server('192.0.2.1')]],
    [{ zone: 'example.com', servers: '192.0.2.1' }, 'example.com', [server('192.0.2.1')]],
    [
      { zone: 'example.com', servers: ['192.0.2.1', '192.0.2.2:54'] },
      'example.com',
      [server('192.0.2.1'), server('192.0.2.2', 54)],
    ],
    [
      { zone: 'example.com', servers: [{ host: '2001:db8::1', port: 54 }] },
      'example.com',
      [server('2001:db8::1', 54)],
    ],
  ])('%j', (given, zone, servers) => {
    expect(stubSchema.parse(given)).toEqual({ zone, servers });
  });

  test.each<[given: unknown, why: string]>([
    ['example.com', 'the servers are missing'],
    ['example.com=', '"" is not an IP address'],
    ['example.com=ns1.example.net', '"ns1.example.net" is not an IP address'],
    ['example.com=192.0.2.1:65536', '"65536" is not a port from 0 to 65535'],
    ['example.com=192.0.2.1:0', '"192.0.2.1:0": nobody answers at port 0'],
    ['example.com=192.0.2.1,', '"" is not an IP address'],
    ['=192.0.2.1', '"" is not a name: empty label'],
    ['a..b=192.0.2.1', '"a..b" is not a name: empty label'],
    ['.=192.0.2.1', 'the root is no stub zone: forward says whom to ask for everything'],
    ['10.0.0.1/8=192.0.2.1', '10.0.0.1 has bits set beyond /8'],
    [{ zone: 'example.com' }, 'the servers are missing'],
    [{ zone: 'example.com', servers: [] }, 'the servers are missing'],
    [{ servers: '192.0.2.1' }, 'a stub zone has a zone'],
  ])('%j is none', (given, why) => {
    const parsed = stubSchema.safeParse(given);
    expect(parsed.error?.issues.map(({ message }) => message)).toEqual([why]);
  });

  it('is cut out of a list of them', () => {
    expect(splitStubs('a=192.0.2.1, 192.0.2.2:54,b.c=192.0.2.3')).toEqual([
      'a=192.0.2.1,192.0.2.2:54',
      'b.c=192.0.2.3',
    ]);
    expect(splitStubs('192.0.2.1')).toEqual(['192.0.2.1']);
  });
});
