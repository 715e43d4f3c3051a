// What every kind of UDP socket towards other servers owes those who ask over it.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerAddress } from '../../src/upstream/deps.ts';
import type { OpenUdp, UdpListener, UdpSocket } from '../../src/upstream/udp-socket.ts';
import { header, query, question, wire } from '../wire/packets.ts';
import { replyBytes } from './asked.ts';
import { A, FORGED, replies, replyTo, rig, server, until } from './rig.ts';

/** Keeps what it hears. */
class Heard implements UdpListener {
  readonly messages: string[] = [];
  readonly reasons: string[] = [];
  /** Done with every message. */
  next: (message: string) => void = () => {};

  received(message: Uint8Array): void {
    const text = Buffer.from(message).toString();
    this.messages.push(text);
    this.next(text);
  }

  broken(reason: string): void {
    this.reasons.push(reason);
  }
}

/** A socket of somebody else's that sends back what it gets, and remembers from which ports. */
class Peer {
  readonly ports: number[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (message, from) => {
      this.ports.push(from.port);
      socket.send(message, from.port, from.address);
    });
  }

  static async open(host: string): Promise<Peer> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.bind(0, host);
    await once(socket, 'listening');
    return new Peer(socket);
  }

  get address(): ServerAddress {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  send(text: string, port: number): void {
    this.#socket.send(text, port, this.#socket.address().address);
  }

  close(): void {
    this.#socket.close();
  }
}

const bytes = (text: string) => Buffer.from(text);

/** Descriptors of this process that are sockets. */
function openSockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}

/** `openUdp` opens the sockets in question; called in every test anew. */
export function udpContract(kind: string, openUdp: () => OpenUdp): void {
  const toClose: { close(): void }[] = [];
  const keep = <T extends { close(): void }>(one: T): T => {
    toClose.push(one);
    return one;
  };
  const peer = async (host = '127.0.0.1') => keep(await Peer.open(host));
  const open = (to: ServerAddress, heard: UdpListener): UdpSocket => keep(openUdp()(to, heard));

  afterEach(() => {
    for (const one of toClose.splice(0)) one.close();
  });

  describe(`a UDP socket, ${kind},`, () => {
    it.each(['127.0.0.1', '::1'])('asks and hears a server at %s', async (host) => {
      const up = await peer(host);
      const heard = new Heard();
      const socket = open(up.address, heard);
      socket.send(bytes('one'));
      socket.send(bytes('two'));
      await until(() => heard.messages.length === 2, 'both to come back');
      expect(heard.messages).toEqual(['one', 'two']);
      expect(heard.reasons).toEqual([]);
      expect(socket.isOpen).toBe(true);
    });

    it('hears nobody but its server', async () => {
      const up = await peer();
      const other = await peer();
      const heard = new Heard();
      const socket = open(up.address, heard);
      socket.send(bytes('one'));
      await until(() => heard.messages.length === 1, 'the first to come back');
      const port = up.ports[0] ?? 0;
      for (let i = 0; i < 10; i++) other.send('forged', port);
      up.send('last', port);
      await until(() => heard.messages.includes('last'), 'the server');
      expect(heard.messages).toEqual(['one', 'last']);
    });

    it('takes the longest datagrams whole', async () => {
      const up = await peer();
      const heard = new Heard();
      open(up.address, heard).send(bytes('x'.repeat(60_000)));
      await until(() => heard.messages.length === 1, 'it to come back');
      expect(heard.messages[0]).toHaveLength(60_000);
    });

    it('tells whoever it was handed to last', async () => {
      const up = await peer();
      const [first, second] = [new Heard(), new Heard()];
      const socket = open(up.address, first);
      socket.send(bytes('one'));
      await until(() => first.messages.length === 1, 'the first to hear');
      socket.handTo(second);
      socket.send(bytes('two'));
      await until(() => second.messages.length === 1, 'the second to hear');
      expect(first.messages).toEqual(['one']);
    });

    it('is broken and closed where nobody listens, which it tells later', async () => {
      const gone = await Peer.open('127.0.0.1');
      const { address } = gone;
      gone.close();
      const heard = new Heard();
      const socket = open(address, heard);
      socket.send(bytes('one'));
      expect(heard.reasons).toEqual([]);
      await until(() => heard.reasons.length === 1, 'the refusal');
      expect(heard.reasons).toEqual(['ECONNREFUSED']);
      expect(socket.isOpen).toBe(false);
      socket.send(bytes('two'));
      socket.close();
    });

    it('is broken where there is no way, which it tells later', async () => {
      const heard = new Heard();
      // The system sends nothing to a broadcast address unless it was asked to allow that.
      const socket = open({ host: '255.255.255.255', port: 53 }, heard);
      socket.send(bytes('one'));
      expect(heard.reasons).toEqual([]);
      await until(() => heard.reasons.length === 1, 'the failure');
      expect(heard.reasons[0]).toMatch(/^E[A-Z]+$/);
      expect(socket.isOpen).toBe(false);
    });

    it('hears nothing after it was closed, and neither do those that are opened then', async () => {
      const up = await peer();
      const [heard, later] = [new Heard(), new Heard()];
      const sockets = Array.from({ length: 20 }, () => open(up.address, heard));
      // The first that hears something closes all, in the middle of what has arrived, and others take their places.
      heard.next = () => {
        for (const socket of sockets) socket.close();
        for (let i = 0; i < 20; i++) open(up.address, later);
      };
      for (const socket of sockets) socket.send(bytes('old'));
      await until(() => up.ports.length === 20 && heard.messages.length > 0, 'all to be asked');
      await delay(50);
      expect(heard.messages).toEqual(['old']);
      expect(later.messages).toEqual([]);
      for (const socket of sockets) expect(socket.isOpen).toBe(false);
    });

    it('gets a port that does not follow from that of another', async () => {
      const up = await peer();
      const heard = new Heard();
      for (let i = 0; i < 64; i++) open(up.address, heard).send(bytes('x'));
      await until(() => up.ports.length === 64, 'all to be asked');
      expect(new Set(up.ports).size).toBe(64);
      const steps = up.ports.slice(1).map((port, i) => port - (up.ports[i] ?? 0));
      // Of 63 steps a few may be alike by chance, and small: not most of them.
      expect(new Set(steps).size).toBeGreaterThan(40);
      expect(steps.filter((step) => Math.abs(step) <= 16).length).toBeLessThan(20);
    });

    it('gives its descriptor back', async () => {
      const up = await peer();
      const heard = new Heard();
      open(up.address, heard).send(bytes('x'));
      await until(() => heard.messages.length === 1, 'it to come back');
      const before = openSockets();
      for (let i = 0; i < 500; i++) openUdp()(up.address, heard).close();
      await until(() => openSockets() <= before, 'all descriptors to be closed');
    });
  });

  describe(`over UDP sockets, ${kind},`, () => {
    it('questions are answered, each from a port and with an id of its own', async () => {
      const up = await server(replies());
      const mine = rig(undefined, undefined, openUdp());
      const group = mine.group(up);
      const names = Array.from({ length: 64 }, (_, i) => wire(`n${i}`, 'example'));
      const got = names.map((name) => mine.reply(group, Uint8Array.from([...header(), ...question(name)])));
      expect(await Promise.all(got)).toEqual(
        names.map((name) => replyBytes({ question: question(name), answers: [A] })),
      );
      expect(new Set(up.askings.map(({ port }) => port)).size).toBe(64);
      // 64 of 65,536: two alike are a chance of 3 %, five a chance of nothing.
      expect(new Set(up.askings.map(({ id }) => id)).size).toBeGreaterThan(60);
    });

    it('a server that is gone is unreachable at once', async () => {
      const up = await server(() => {});
      await up.close();
      const mine = rig(undefined, undefined, openUdp());
      const asked = mine.ask(mine.group(up), query());
      await until(() => mine.log.some(({ fields }) => fields.reason === 'ECONNREFUSED'), 'it to be down');
      mine.forwarder.close();
      expect(await asked).toEqual({ kind: 'unreachable' });
    });

    it('a flood of wrong ids from the right address is not believed, and does not block', async () => {
      const each = 10_000;
      const questions = 10;
      const up = await server((asking) => {
        if (asking.transport === 'tcp') {
          asking.send(replyTo(asking));
          return;
        }
        const forged = replyTo(asking, { answers: [FORGED] });
        for (let i = 1; i <= each; i++) {
          const guess = asking.id ^ i;
          forged[0] = guess >> 8;
          forged[1] = guess;
          asking.send(Uint8Array.from(forged));
        }
      });
      const mine = rig(undefined, undefined, openUdp());
      const group = mine.group(up);
      for (let i = 0; i < questions; i++) {
        const request = Uint8Array.from([...header(), ...question(wire(`n${i}`, 'example'))]);
        expect(await mine.reply(group, request)).toEqual(
          replyBytes({ question: question(wire(`n${i}`, 'example')), answers: [A] }),
        );
      }
      // Each question gave up its port after 100 of them.
      expect(mine.count('upstreamMismatches')).toBe(100 * questions);
    });
  });
}
