// Rulings: who is answered, refused, dropped, told to come over TCP or with a cookie; settings that change under way.
import { describe, expect, it } from 'vitest';
import { Count, sumOfCounts } from '../../src/guard/counts.ts';
import { Guard, guardMemory, Ruling } from '../../src/guard/guard.ts';
import { type GuardSettings, writeSettings } from '../../src/guard/settings.ts';
import { Client } from '../../src/wire/client.ts';
import { networkFromText } from '../../src/wire/network.ts';
import { Query, type Transport, Verdict } from '../../src/wire/query.ts';
import { query as message, question } from '../support/raw.ts';

const NOW = 1_800_000_000_000;
const OFF: GuardSettings = { rules: [], rate: 0, slip: 1, exempt: [], secrets: [] };
const SECRET = Buffer.from('e5e973e5a6b2a43f48e7dc849e37bfcf', 'hex');

function networks(...texts: readonly string[]) {
  return texts.map((text) => {
    const network = networkFromText(text);
    if (typeof network === 'string') throw new Error(network);
    return network;
  });
}

interface Asked {
  readonly from?: string;
  readonly transport?: Transport;
  readonly cookie?: Buffer;
  readonly verdict?: Verdict;
  readonly admitted?: boolean;
}

class Gate {
  readonly memory = guardMemory(4);
  readonly query = new Query();
  readonly #guard = new Guard(this.memory, 2);

  constructor(settings: Partial<GuardSettings> = {}) {
    this.set(settings);
  }

  set(settings: Partial<GuardSettings>): void {
    writeSettings(this.memory.settings, { ...OFF, ...settings });
    this.at(0);
  }

  at(ms: number): void {
    this.#guard.tick(NOW + ms);
  }

  ask({ from = '192.0.2.1', transport = 'udp', cookie, verdict, admitted = false }: Asked = {}): Ruling {
    const data = cookie ?? Buffer.alloc(0);
    const option = Buffer.concat([Buffer.of(0, 10, 0, data.length), data]);
    const opt = Buffer.from([0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, cookie === undefined ? 0 : option.length]);
    const parts = [message({ questions: [question('a.z')] }), opt];
    const packet = Buffer.concat(cookie === undefined ? parts : [...parts, option]);
    packet[11] = 1;
    const read = this.query.read(packet, packet.length);
    const client = new Client();
    client.setText(from);
    return this.#guard.rule(packet, this.query, verdict ?? read, { transport, client, admitted });
  }

  drops(from: string): boolean {
    const client = new Client();
    client.setText(from);
    return this.#guard.drops(client);
  }

  count(field: number): number {
    return sumOfCounts(this.memory.counts, field);
  }
}

describe('access', () => {
  const rules = [
    { action: 'deny', networks: networks('10.1.0.0/16', '2001:db8:1::/48') },
    { action: 'drop', networks: networks('10.2.0.0/16') },
    { action: 'allow', networks: networks('10.0.0.0/8', '2001:db8::/32') },
    { action: 'deny', networks: networks('0.0.0.0/0', '::/0') },
  ] as const;

  it.each([
    ['10.3.0.1', Ruling.PASS],
    ['10.1.2.3', Ruling.REFUSE],
    ['10.2.0.1', Ruling.DROP],
    ['192.0.2.1', Ruling.REFUSE],
    ['2001:db8::1', Ruling.PASS],
    ['2001:db8:1::1', Ruling.REFUSE],
    ['2001:db9::1', Ruling.REFUSE],
  ])('of %s goes by the first rule that holds, over UDP and TCP', (from, ruling) => {
    const gate = new Gate({ rules });
    expect(gate.ask({ from })).toBe(ruling);
    expect(gate.ask({ from, transport: 'tcp' })).toBe(ruling);
    expect(gate.count(Count.DENIED)).toBe(ruling === Ruling.REFUSE ? 2 : 0);
    expect(gate.count(Count.DROPPED)).toBe(ruling === Ruling.DROP ? 2 : 0);
    expect(gate.drops(from)).toBe(ruling === Ruling.DROP);
  });

  it('is for all before there are rules, and where none holds', () => {
    const guard = new Guard(guardMemory(1), 0);
    const client = new Client();
    client.setText('10.2.0.1');
    expect(guard.drops(client)).toBe(false);
    expect(new Gate({ rules: rules.slice(0, 2) }).ask({ from: '192.0.2.1' })).toBe(Ruling.PASS);
  });

  it('changes with the settings, as often as they do', () => {
    const gate = new Gate();
    for (let round = 0; round < 5; round++) {
      gate.set({ rules });
      expect(gate.ask({ from: '10.1.2.3' })).toBe(Ruling.REFUSE);
      gate.set({});
      expect(gate.ask({ from: '10.1.2.3' })).toBe(Ruling.PASS);
    }
  });

  it('has been seen to where another thread let the question pass', () => {
    expect(new Gate({ rules }).ask({ from: '10.2.0.1', admitted: true })).toBe(Ruling.PASS);
  });
});

/** The first `count` rulings of a client that asks again and again. */
function rulings(gate: Gate, count: number, asked: Asked = {}): Ruling[] {
  return Array.from({ length: count }, () => gate.ask(asked));
}

const { PASS, DROP, TRUNCATE, BADCOOKIE, REFUSE } = Ruling;

describe('the limit', () => {
  it('holds replies back that are too many, and lets every so many slip', () => {
    expect(rulings(new Gate({ rate: 3, slip: 1 }), 6)).toEqual([
      PASS,
      PASS,
      PASS,
      TRUNCATE,
      TRUNCATE,
      TRUNCATE,
    ]);
    expect(rulings(new Gate({ rate: 1, slip: 3 }), 7)).toEqual([
      PASS,
      DROP,
      DROP,
      TRUNCATE,
      DROP,
      DROP,
      TRUNCATE,
    ]);
    expect(rulings(new Gate({ rate: 1, slip: 0 }), 4)).toEqual([PASS, DROP, DROP, DROP]);
  });

  it('is over when time has passed, and is counted', () => {
    const gate = new Gate({ rate: 2, slip: 2 });
    expect(rulings(gate, 4)).toEqual([PASS, PASS, DROP, TRUNCATE]);
    gate.at(500);
    expect(rulings(gate, 2)).toEqual([PASS, DROP]);
    expect(gate.count(Count.LIMITED)).toBe(3);
    expect(gate.count(Count.SLIPPED)).toBe(1);
  });

  it('is for UDP alone, not for exempt networks, nor for questions that have been let pass', () => {
    const gate = new Gate({ rate: 1, slip: 0, exempt: networks('192.0.2.0/25') });
    expect(rulings(gate, 3)).toEqual([PASS, PASS, PASS]);
    const from = '192.0.2.200';
    expect(rulings(gate, 3, { from })).toEqual([PASS, DROP, DROP]);
    expect(rulings(gate, 3, { from, transport: 'tcp' })).toEqual([PASS, PASS, PASS]);
    expect(rulings(gate, 3, { from, admitted: true })).toEqual([PASS, PASS, PASS]);
  });

  it('holds for refusals and for what cannot be read, of which nothing slips', () => {
    const rules = [{ action: 'deny', networks: networks('192.0.2.0/24') }] as const;
    expect(rulings(new Gate({ rules, rate: 1 }), 3)).toEqual([REFUSE, TRUNCATE, TRUNCATE]);
    const bad = { verdict: Verdict.FORMERR };
    expect(rulings(new Gate({ rate: 1 }), 3, bad)).toEqual([PASS, DROP, DROP]);
  });
});

describe('cookies', () => {
  const client = Buffer.from('0102030405060708', 'hex');

  it('are given to who asks with one, and only where there is a secret', () => {
    const gate = new Gate({ secrets: [SECRET] });
    expect(gate.ask()).toBe(PASS);
    expect(gate.query.sendsCookie).toBe(false);
    expect(gate.ask({ cookie: client })).toBe(PASS);
    expect(gate.query.sendsCookie).toBe(true);
    gate.set({});
    gate.ask({ cookie: client });
    expect(gate.query.sendsCookie).toBe(false);
  });

  it('end the limit for their holders, and BADCOOKIE offers them to who has none', () => {
    const gate = new Gate({ rate: 1, secrets: [SECRET] });
    expect(rulings(gate, 2, { cookie: client })).toEqual([PASS, BADCOOKIE]);
    const cookie = Buffer.from(gate.query.replyCookie);
    expect(rulings(gate, 5, { cookie })).toEqual([PASS, PASS, PASS, PASS, PASS]);
    expect(gate.count(Count.KNOWN)).toBe(5);
    expect(rulings(gate, 1, { cookie, from: '192.0.2.2' })).toEqual([BADCOOKIE]);
  });

  it('do not end a refusal', () => {
    const rules = [{ action: 'deny', networks: networks('192.0.2.0/24') }] as const;
    const gate = new Gate({ rules, secrets: [SECRET] });
    expect(gate.ask({ cookie: client })).toBe(REFUSE);
    expect(gate.ask({ cookie: Buffer.from(gate.query.replyCookie) })).toBe(REFUSE);
  });

  it('go with replies of questions that another thread let pass', () => {
    const gate = new Gate({ secrets: [SECRET] });
    expect(gate.ask({ cookie: client, admitted: true })).toBe(PASS);
    expect(gate.query.sendsCookie).toBe(true);
  });

  it('of malformed queries are not looked at', () => {
    const gate = new Gate({ secrets: [SECRET] });
    for (const cookie of [Buffer.alloc(0), client.subarray(1), Buffer.alloc(12), Buffer.alloc(41)]) {
      expect(gate.ask({ cookie })).toBe(PASS);
      expect(gate.query.sendsCookie).toBe(false);
    }
  });
});
