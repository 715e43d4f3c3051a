// Other servers that ours asks: unbound and Knot as they come from Debian, and one that is broken in every way.
import { beforeAll, describe, expect, it } from 'vitest';
import { dig, kdig, records, short, status } from '../support/dig.ts';
import { type Knot, startKnot } from '../support/knot.ts';
import { startUnbound } from '../support/local-caches.ts';
import { freePort } from '../support/ports.ts';
import { PATIENT, Scene } from '../support/scene.ts';
import type { Address, TestServer } from '../support/server.ts';
import { replyBytes } from '../upstream/asked.ts';
import { type Asking, type Script, ScriptedServer } from '../upstream/scripted.ts';
import { pointer, question, record, wire } from '../wire/packets.ts';

const RIGHT = '192.0.2.80';
const EXAMPLE = `$ORIGIN example.com.
$TTL 300
@ SOA ns hostmaster 1 7200 1800 86400 60
@ NS ns
ns A 127.0.0.1
* A ${RIGHT}
alias CNAME www.example.com.
unknown TYPE65280 \\# 4 01020304
empty.below TXT "x"
${Array.from({ length: 100 }, (_, i) => `big A 192.0.2.${i + 1}`).join('\n')}
`;

const scene = new Scene();
let knot: Knot;

function forwardTo(...servers: readonly Address[]): string[] {
  return servers.flatMap(({ host, port }) => ['--forward', `${host}:${port}`]);
}

beforeAll(async () => {
  knot = await startKnot(scene, { 'example.com': EXAMPLE });
});

describe.each(['knot', 'unbound'])('%s', (which) => {
  let server: TestServer;

  beforeAll(async () => {
    const { port } = knot.address;
    const stub = ['stub-zone:', '  name: example.com', `  stub-addr: 127.0.0.1@${port}`];
    const upstream = which === 'knot' ? knot.address : await startUnbound(scene, stub);
    server = await scene.server([...PATIENT, ...forwardTo(upstream)]);
  });

  it('has its answers passed on', async () => {
    // From the other server, then from memory.
    for (let time = 0; time < 3; time++) {
      expect(await short(server.address, 'www.example.com')).toEqual([RIGHT]);
      expect(await short(server.address, 'alias.example.com')).toEqual([RIGHT, 'www.example.com.']);
      expect(await short(server.address, 'unknown.example.com', 'TYPE65280')).toEqual(['\\# 4 01020304']);
      expect(await short(server.address, 'big.example.com')).toHaveLength(100);
      expect(await kdig(server.address, '+dnssec', '+cd', 'www.example.com')).toMatch(
        /Flags: qr rd ra.* cd;/,
      );
    }
  });

  it('has nothing, and that is passed on with the SOA', async () => {
    for (let time = 0; time < 3; time++) {
      expect(await status(server.address, 'x.below.example.com')).toBe('NXDOMAIN');
      expect(await status(server.address, 'below.example.com')).toBe('NOERROR');
      for (const name of ['x.below.example.com', 'below.example.com'])
        expect(await records('authority', server.address, name)).toEqual([
          expect.stringMatching(/^example\.com\. (60|5\d) IN SOA /),
        ]);
    }
  });
});

/** An answer that must not be believed, at the end of the question. */
function wrongAnswer({ question: asked }: Asking): number[] {
  return record(pointer(12), asked.length > 0 ? 1 : 0, [203, 0, 113, 66]);
}

function overUdp(script: Script): Script {
  return (asking) => (asking.transport === 'udp' ? script(asking) : asking.hangUp());
}

const TC = 0x8380;
const LATE_MS = 3000;
const ELSEWHERE = question(wire('www', 'example', 'org'));

const SCRIPTS: Readonly<Record<string, Script>> = {
  'is silent': () => {},
  'answers too late': (asking) => {
    setTimeout(() => asking.send(replyBytes({ ...asking, answers: [wrongAnswer(asking)] })), LATE_MS).unref();
  },
  'answers with another id': overUdp((asking) =>
    asking.send(replyBytes({ ...asking, id: asking.id ^ 1, answers: [wrongAnswer(asking)] })),
  ),
  'answers another question': overUdp((asking) =>
    asking.send(replyBytes({ ...asking, question: ELSEWHERE, answers: [wrongAnswer(asking)] })),
  ),
  'sends what is no message': overUdp((asking) => asking.send(Buffer.from('no message at all'))),
  'truncates, and hangs up over TCP': overUdp((asking) => asking.send(replyBytes({ ...asking, flags: TC }))),
};
const MISMATCHES = new Set([
  'answers with another id',
  'answers another question',
  'sends what is no message',
]);

describe('a broken server', () => {
  let broken: ScriptedServer;
  let alone: TestServer;

  beforeAll(async () => {
    broken = await ScriptedServer.open(() => {});
    scene.onEnd(() => broken.close());
    alone = await scene.server([...forwardTo(broken.address), '--forward-timeout', '1']);
  });

  describe.each(Object.entries(SCRIPTS))('that %s', (what, script) => {
    const name = `${what.replace(/\W+/g, '-')}.example.com`;

    it('and another one: the right answer', async () => {
      broken.script = script;
      broken.askings.length = 0;
      const both = await scene.server([
        ...forwardTo(broken.address, knot.address),
        '--forward-timeout',
        '30',
      ]);
      // What clients ask begins with a number of three digits, and it is asked such a name sooner or later.
      const isOfClient = ({ question: asked }: Asking) =>
        asked[0] === 3 && /^\d{3}$/.test(asked.toString('latin1', 1, 4));
      const wasAsked = () => broken.askings.some(isOfClient);
      for (let i = 100; i < 102 || !wasAsked(); i++)
        expect(await short(both.address, `${i}.${name}`)).toEqual([RIGHT]);
      await both.stop();
    });

    it('and nobody else: SERVFAIL, and why', async () => {
      broken.script = script;
      const before = await alone.metric('fingerpost_upstream_mismatches_total');
      const said = await dig(alone.address, name);
      expect(said).toContain('status: SERVFAIL');
      expect(said).toMatch(
        what.startsWith('truncates') ? /EDE: 23 \(/ : /EDE: 22 \(No Reachable Authority\)/,
      );
      // Over TCP the client is told the same.
      expect(await status(alone.address, '+tcp', `tcp.${name}`)).toBe('SERVFAIL');
      const after = await alone.metric('fingerpost_upstream_mismatches_total');
      if (MISMATCHES.has(what)) expect(after).toBeGreaterThan(before);
    });
  });

  it('that answers late, but in time: the answer', async () => {
    broken.script = (asking) => {
      const reply = replyBytes({ ...asking, answers: [record(pointer(12), 1, [192, 0, 2, 80])] });
      setTimeout(() => asking.send(reply), 1500);
    };
    const patient = await scene.server([...forwardTo(broken.address), '--forward-timeout', '30']);
    expect(await short(patient.address, 'late.example.com')).toEqual([RIGHT]);
  });

  it('where nobody listens: SERVFAIL, and why', async () => {
    const nobody = await scene.server(forwardTo({ host: '127.0.0.1', port: await freePort() }));
    expect(await dig(nobody.address, 'www.example.com')).toMatch(/EDE: 23 \(Network Error\)/);
    expect(await kdig(nobody.address, 'www.example.com')).toMatch(/status: SERVFAIL/);
  });
});
