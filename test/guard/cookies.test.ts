// Server cookies against the test vectors of RFC 9018, and what else is said of them there and in RFC 7873.
import { describe, expect, it } from 'vitest';
import { Cookies } from '../../src/guard/cookies.ts';
import { keyWords } from '../../src/guard/siphash.ts';
import { Client } from '../../src/wire/client.ts';
import { Query, Verdict } from '../../src/wire/query.ts';
import { query as message, question } from '../support/raw.ts';

const SECRET = 'e5e973e5a6b2a43f48e7dc849e37bfcf';
const OTHER = '445536bcd2513298075a5d379663c962';

/** A question with an OPT record that has this COOKIE option. */
function questionWith(cookie: string): Buffer {
  const data = Buffer.from(cookie, 'hex');
  const opt = Buffer.from([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, data.length + 4, 0, 10, 0, data.length]);
  const packet = Buffer.concat([message({ questions: [question('example.com')] }), opt, data]);
  packet[11] = 1;
  return packet;
}

interface Asked {
  readonly cookie: string;
  readonly from?: string;
  readonly at?: number;
  readonly secrets?: readonly string[];
}

const FIRST = 1559731985;

/** What becomes of a question with a cookie. */
function answer({ cookie, from = '198.51.100.100', at = FIRST, secrets = [SECRET] }: Asked) {
  const cookies = new Cookies();
  const words = secrets.flatMap((secret) => [...keyWords(Buffer.from(secret, 'hex'))]);
  cookies.setSecrets(Int32Array.from(words), 0, secrets.length);
  const client = new Client();
  client.setText(from);
  const packet = questionWith(cookie);
  const query = new Query();
  expect(query.read(packet, packet.length)).toBe(Verdict.OK);
  const known = cookies.answer(packet, query, client, at);
  return { known, sends: query.sendsCookie, reply: Buffer.from(query.replyCookie).toString('hex') };
}

describe('RFC 9018, appendix A', () => {
  it('A.1 Learning a New Server Cookie', () => {
    expect(answer({ cookie: '2464c4abcf10c957' })).toEqual({
      known: false,
      sends: true,
      reply: '2464c4abcf10c957010000005cf79f111f8130c3eee29480',
    });
  });

  it('A.2 The Same Client Learning a Renewed (Fresh) Server Cookie', () => {
    const cookie = '2464c4abcf10c957010000005cf79f111f8130c3eee29480';
    expect(answer({ cookie, at: 1559734385 })).toEqual({
      known: true,
      sends: true,
      reply: '2464c4abcf10c957010000005cf7a871d4a564a1442aca77',
    });
  });

  it('A.3 Another Client Learning a Renewed Server Cookie, with reserved bytes that are not zero', () => {
    const cookie = 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5';
    // Made at 1559727985, it comes too late in the example to be valid by section 4.3; the reply is the same.
    expect(answer({ cookie, from: '203.0.113.203', at: 1559727985 + 60 }).known).toBe(true);
    expect(answer({ cookie, from: '203.0.113.203', at: 1559734700 })).toEqual({
      known: false,
      sends: true,
      reply: 'fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e',
    });
  });

  it('A.4 IPv6 Query with Rolled-Over Secret', () => {
    const cookie = '22681ab97d52c298010000005cf7c57926556bd0934c72f8';
    const secrets = ['445536bcd2513298075a5d379663c962', 'dd3bdf9344b678b185a6f5cb60fca715'];
    const from = '2001:db8:220:1:59de:d0f4:8769:82b8';
    expect(answer({ cookie, from, at: 1559741961, secrets })).toEqual({
      known: true,
      sends: true,
      reply: '22681ab97d52c298010000005cf7c609a6bb79d16625507a',
    });
  });
});

describe('a server cookie', () => {
  const CLIENT = '2464c4abcf10c957';
  const MADE = '2464c4abcf10c957010000005cf79f111f8130c3eee29480';

  it('stays as it is while it is young', () => {
    for (const at of [FIRST - 300, FIRST, FIRST + 1800])
      expect(answer({ cookie: MADE, at })).toEqual({ known: true, sends: true, reply: MADE });
  });

  it('is renewed after half an hour, and is of no use after an hour', () => {
    for (const [age, known] of [
      [1801, true],
      [3600, true],
      [3601, false],
      [86_400, false],
    ] as const) {
      const found = answer({ cookie: MADE, at: FIRST + age });
      expect(found.known).toBe(known);
      expect(found.reply).toMatch(new RegExp(`^${CLIENT}01000000`));
      expect(answer({ cookie: found.reply, at: FIRST + age }).known).toBe(true);
    }
  });

  it('from more than five minutes ahead is of no use', () => {
    expect(answer({ cookie: MADE, at: FIRST - 301 }).known).toBe(false);
  });

  it('is of no use to another address, with another client cookie, secret, version or any bit changed', () => {
    expect(answer({ cookie: MADE, from: '198.51.100.101' }).known).toBe(false);
    expect(answer({ cookie: MADE, from: '::c633:6464' }).known).toBe(false);
    expect(answer({ cookie: MADE, secrets: [OTHER] }).known).toBe(false);
    for (let bit = 0; bit < 24 * 8; bit++) {
      const changed = Buffer.from(MADE, 'hex');
      changed[bit >> 3]! ^= 0x80 >> (bit & 7);
      const found = answer({ cookie: changed.toString('hex') });
      expect([bit, found.known]).toEqual([bit, false]);
      expect(answer({ cookie: found.reply }).known).toBe(true);
    }
  });

  it('of another length than ours is none', () => {
    for (const length of [16, 23, 25, 40]) {
      const cookie = `${MADE}${'00'.repeat(16)}`.slice(0, length * 2);
      const { known, sends, reply } = answer({ cookie });
      expect({ known, sends }).toEqual({ known: false, sends: true });
      expect(reply).toBe(MADE);
    }
  });

  it('is accepted under every secret, and made anew with the first', () => {
    const secrets = [OTHER, SECRET];
    expect(answer({ cookie: MADE, secrets }).known).toBe(true);
    const { reply } = answer({ cookie: CLIENT, secrets });
    expect(answer({ cookie: reply, secrets: [OTHER] }).known).toBe(true);
    expect(answer({ cookie: reply, secrets: [SECRET, OTHER] }).known).toBe(true);
  });

  it('is neither read nor given without a secret', () => {
    expect(answer({ cookie: MADE, secrets: [] })).toMatchObject({ known: false, sends: false });
  });

  it('outlives the overflow of timestamps', () => {
    const before = 2 ** 32 - 100;
    const { reply } = answer({ cookie: CLIENT, at: before });
    expect(answer({ cookie: reply, at: before + 200 }).known).toBe(true);
    expect(answer({ cookie: reply, at: before + 4000 }).known).toBe(false);
  });
});
