// Lines of the query log: JSON whatever was asked, in ASCII that shows, with what was on the wire.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_LINE, QueryLine } from '../../src/tap/query-line.ts';
import { Source } from '../../src/tap/record.ts';
import { Want } from '../../src/tap/switches.ts';
import { holds } from '../support/property.ts';
import { packet } from '../table/questions.ts';
import { Notebook, type Reply } from './records.ts';

const notebook = new Notebook();
const line = new QueryLine();
const out = new Uint8Array(2 * MOST_LINE);

function textOf(reply: Omit<Reply, 'wants'>): string {
  const end = line.write(notebook.note({ wants: Want.LOG, ...reply }), out, 7);
  return Buffer.from(out.subarray(7, end)).toString('latin1');
}

function parsed(reply: Omit<Reply, 'wants'>): Record<string, unknown> {
  return JSON.parse(textOf(reply)) as Record<string, unknown>;
}

/** A question whose labels are these bytes. */
function questionOf(labels: readonly Uint8Array[]): Buffer {
  const name = Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.of(label.length), label])),
    Buffer.of(0),
  ]);
  return Buffer.concat([packet({ name: '.' }).subarray(0, 12), name, Buffer.of(0, 33, 0, 1)]);
}

const REPLY = Buffer.from([0, 0, 0x85, 0x80, ...new Array<number>(60).fill(0)]);

describe('a line', () => {
  it('says who asked what, over what, and what came of it', () => {
    const before = Date.now();
    const { time, ...said } = parsed({
      request: packet({ name: 'Web.skydns.local', type: 33, size: 1400, dnssecOk: true }),
      reply: REPLY,
      client: '2001:db8::7',
      port: 53_000,
      transport: 'tcp',
      source: Source.COMPUTED,
      rcode: 3,
      latencyUs: 1_234_567,
    });
    expect(said).toEqual({
      client: '2001:db8::7',
      port: 53_000,
      proto: 'tcp',
      name: 'Web.skydns.local.',
      class: 'IN',
      type: 'SRV',
      edns: 1400,
      do: true,
      rcode: 'NXDOMAIN',
      flags: 'qr aa rd ra',
      query_size: 45,
      size: 64,
      latency_us: 1_234_567,
      source: 'computed',
    });
    expect(String(time)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(Math.abs(Date.parse(String(time)) - before)).toBeLessThan(10_000);
  });

  it.each([
    ['0.0.0.0', 0],
    ['255.10.1.100', 65_535],
  ])('has the client %s and port %d', (client, port) => {
    expect(parsed({ request: packet({ name: '.' }), reply: REPLY, client, port })).toMatchObject({
      client,
      port,
      name: '.',
      latency_us: 0,
    });
  });

  it('has no name where no question could be read', () => {
    const malformed = Buffer.concat([packet({ name: 'web.z' }).subarray(0, 14), Buffer.of(0xc0)]);
    const said = parsed({ request: malformed, reply: REPLY, rcode: 1 });
    expect(said).toMatchObject({ rcode: 'FORMERR', query_size: 15 });
    for (const key of ['name', 'class', 'type', 'edns']) expect(said).not.toHaveProperty(key);
  });

  it('has numbers where there are no names', () => {
    const request = packet({ name: 'a.z', type: 65_280, class: 4 });
    expect(parsed({ request, reply: REPLY, rcode: 9 })).toMatchObject({
      class: 'CLASS4',
      type: 'TYPE65280',
      rcode: 'RCODE9',
    });
  });

  it('tells answers of other servers that are kept from those of the zones', () => {
    const request = packet({ name: 'a.z' });
    const kept = Buffer.from(REPLY);
    kept[2] = 0x81;
    expect(parsed({ request, reply: kept })).toMatchObject({ source: 'cache' });
    expect(parsed({ request, reply: kept, rcode: 5 })).toMatchObject({ source: 'table' });
    expect(parsed({ request, reply: REPLY })).toMatchObject({ source: 'table' });
  });

  it('is one line of ASCII that shows, and the name can be told from it, for every name there is', () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
    holds(
      fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
        const text = textOf({ request: questionOf(labels), reply: REPLY });
        expect(text).toMatch(/^[ -~]*\n$/);
        expect(text.length).toBeLessThanOrEqual(MOST_LINE);
        const { name } = JSON.parse(text) as { name: string };
        const bytes = [...name.matchAll(/\\(\d{3})|\\(.)|(\.)|([^\\.])/g)].map(
          ([, code, quoted, dot, plain]) =>
            dot === undefined ? (code === undefined ? (quoted ?? plain)!.charCodeAt(0) : Number(code)) : -1,
        );
        expect(bytes).toEqual(labels.flatMap((one) => [...one, -1]));
      }),
    );
  });
});
