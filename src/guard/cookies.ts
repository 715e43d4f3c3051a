// DNS cookies of the server's side (RFC 7873), in the form that servers of one address can share (RFC 9018): no state, no
// allocation.
import { at } from '../wire/bytes.ts';
import type { Client } from '../wire/client.ts';
import { CLIENT_COOKIE, type Query, SERVER_COOKIE } from '../wire/query.ts';
import { SipHash } from './siphash.ts';

/** RFC 9018 4.1. */
const VERSION = 1;
/** Seconds that a server cookie is valid for, back and ahead, and after which it is renewed (RFC 9018 4.3). */
const OLDEST = 3600;
const NEWEST = 300;
const RENEWED_FROM = 1800;

const BOTH = CLIENT_COOKIE + SERVER_COOKIE;
/** What is hashed: client cookie, version and reserved bytes, timestamp, then 4 or 16 bytes of address (RFC 9018 4.4). */
const ADDRESS = 16;
/** Where the hash stands behind the client's cookie. */
const HASH = CLIENT_COOKIE + 8;

export class Cookies {
  /** Of each secret; the first makes cookies, the others are accepted too. */
  #hashes: readonly SipHash[] = [];
  readonly #input = new Int32Array(8);

  /** `secrets` holds `count` secrets of four words (siphash.ts, `keyWords`); without any there are no cookies. */
  setSecrets(secrets: Int32Array, place: number, count: number): void {
    this.#hashes = Array.from({ length: count }, (_, i) => {
      const hash = new SipHash();
      hash.setKey(secrets, place + i * 4);
      return hash;
    });
  }

  /**
   * Sees to the cookie of a query's reply. `now` is in seconds since 1970. Returns whether the query came with a server
   * cookie of ours, and so from the address that it says.
   */
  answer(request: Uint8Array, query: Query, client: Client, now: number): boolean {
    const maker = this.#hashes[0];
    if (maker === undefined || query.cookieAt === 0) return false;
    const { replyCookie } = query;
    query.sendsCookie = true;
    const cookie = query.cookieAt;
    const secret = query.cookieLength === BOTH ? this.#secretOf(request, cookie, client, now) : -1;
    if (secret === 0 && ageOf(request, cookie, now) <= RENEWED_FROM) {
      for (let i = 0; i < BOTH; i++) replyCookie[i] = at(request, cookie + i);
    } else {
      this.#make(maker, request, cookie, client, now, replyCookie);
    }
    return secret >= 0;
  }

  /** The number of the secret that a valid server cookie was made with; -1 where it is not valid. */
  #secretOf(request: Uint8Array, cookie: number, client: Client, now: number): number {
    if (at(request, cookie + CLIENT_COOKIE) !== VERSION) return -1;
    const age = ageOf(request, cookie, now);
    if (age > OLDEST || age < -NEWEST) return -1;
    const input = this.#input;
    // The reserved bytes count as they are (RFC 9018 4.2).
    for (let i = 0; i < ADDRESS / 4; i++) input[i] = le32(request, cookie + i * 4);
    const length = this.#addAddress(client);
    const low = le32(request, cookie + HASH);
    const high = le32(request, cookie + HASH + 4);
    for (let i = 0; i < this.#hashes.length; i++) {
      const hash = this.#hashes[i] as SipHash;
      hash.run(input, length);
      // Not one half after the other: how long it takes should not tell which one is wrong.
      if (((hash.low ^ low) | (hash.high ^ high)) === 0) return i;
    }
    return -1;
  }

  /** Client cookie and a new server cookie. */
  #make(
    hash: SipHash,
    request: Uint8Array,
    cookie: number,
    client: Client,
    now: number,
    to: Uint8Array,
  ): void {
    for (let i = 0; i < CLIENT_COOKIE; i++) to[i] = at(request, cookie + i);
    to[CLIENT_COOKIE] = VERSION;
    for (let i = 1; i < 4; i++) to[CLIENT_COOKIE + i] = 0;
    for (let i = 0; i < 4; i++) to[CLIENT_COOKIE + 4 + i] = now >>> (24 - i * 8);
    for (let i = 0; i < ADDRESS / 4; i++) this.#input[i] = le32(to, i * 4);
    hash.run(this.#input, this.#addAddress(client));
    for (let i = 0; i < 4; i++) to[HASH + i] = hash.low >>> (i * 8);
    for (let i = 0; i < 4; i++) to[HASH + 4 + i] = hash.high >>> (i * 8);
  }

  /** Returns the length of the whole input in bytes. */
  #addAddress(client: Client): number {
    const { words } = client;
    if (client.isIpv4) {
      this.#input[4] = swapped(words[3] as number);
      return ADDRESS + 4;
    }
    for (let i = 0; i < 4; i++) this.#input[4 + i] = swapped(words[i] as number);
    return ADDRESS + 16;
  }
}

/** Seconds since a server cookie was made: the difference of serial numbers (RFC 1982), which timestamps of 32 bits are. */
function ageOf(bytes: Uint8Array, cookie: number, now: number): number {
  return (now - swapped(le32(bytes, cookie + CLIENT_COOKIE + 4))) | 0;
}

function le32(bytes: Uint8Array, i: number): number {
  return at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24);
}

/** The bytes of a word in the other order. */
function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
