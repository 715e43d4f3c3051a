// A client's address as four 32-bit words, in one object that is set anew for every question.
import { ipv6Bytes, ipv6Text, mappedIpv4 } from './address.ts';
import { i32 } from './bytes.ts';

/** The third word of `::ffff:a.b.c.d` (RFC 4291 2.5.5.2); the two before it are zero. */
const MAPPED = 0xffff;

/** The address of whoever asks; IPv4 as `::ffff:a.b.c.d`. All zeros where none was set. */
export class Client {
  /** In network order, the most significant first; signed, since they are compared and masked, never counted with. */
  readonly words = new Int32Array(4);
  /** The port that it asks from, where somebody has set it. */
  port = 0;
  /** The text that was made last, and of which words: the same client often asks again. */
  #text = '';
  readonly #textOf = new Int32Array(4);

  get isIpv4(): boolean {
    return this.words[2] === MAPPED && this.words[1] === 0 && this.words[0] === 0;
  }

  /** From the 4 bytes at `place`. */
  setIpv4(bytes: Uint8Array, place: number): void {
    this.#setMapped(i32(bytes, place));
  }

  /** From the 16 bytes at `place`. */
  setIpv6(bytes: Uint8Array, place: number): void {
    for (let i = 0; i < 4; i++) this.words[i] = i32(bytes, place + i * 4);
  }

  /** From an address as the system writes it, `fe80::1%eth0` among them; all zeros for anything that is none. */
  setText(text: string): void {
    if (!text.includes(':')) {
      this.#setMapped(ipv4Word(text));
      return;
    }
    const bytes = ipv6Bytes(text.split('%', 1)[0] ?? '');
    if (bytes === undefined) this.words.fill(0);
    else this.setIpv6(bytes, 0);
  }

  #setMapped(word: number): void {
    const { words } = this;
    words[0] = 0;
    words[1] = 0;
    words[2] = MAPPED;
    words[3] = word;
  }

  /** `192.0.2.1`, `2001:db8::1`. */
  text(): string {
    const { words } = this;
    const known = this.#textOf;
    const isKnown =
      words[3] === known[3] && words[2] === known[2] && words[1] === known[1] && words[0] === known[0];
    if (!isKnown || this.#text === '') {
      known.set(words);
      this.#text = this.#makeText();
    }
    return this.#text;
  }

  #makeText(): string {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    this.words.forEach((word, i) => {
      view.setInt32(i * 4, word);
    });
    return mappedIpv4(bytes) ?? ipv6Text(bytes);
  }
}

/** `192.0.2.1` as one word, without allocating. */
function ipv4Word(text: string): number {
  let word = 0;
  let octet = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit >= 0) {
      octet = octet * 10 + digit;
    } else {
      word = (word << 8) | octet;
      octet = 0;
    }
  }
  return (word << 8) | octet;
}
