// Questions of class CHAOS about the server itself (RFC 4892): version.bind, version.server, hostname.bind, id.server.
import { Class, HEADER_LENGTH, Rcode, Type } from '../wire/codes.ts';
import { layOut } from '../wire/compiled.ts';
import { writeRecord } from '../wire/message.ts';
import { type Name, nameToText } from '../wire/name.ts';
import { Writer } from '../wire/writer.ts';

export interface Identity {
  /** What `version.bind` says; undefined where such questions are refused. */
  readonly version: string | undefined;
  /** What `id.server` and `hostname.bind` say. */
  readonly serverId: string | undefined;
}

/** The compiled answer, or undefined where the question is refused. */
export function chaosAnswer(name: Name, type: number, identity: Identity): Uint8Array | undefined {
  if (type !== Type.TXT && type !== Type.ANY) return undefined;
  const text = textOf(nameToText(name), identity);
  if (text === undefined) return undefined;
  const start = HEADER_LENGTH + name.length + 4;
  const writer = new Writer(new Uint8Array(start + 512), start);
  writer.compressAgainst(name);
  const strings = [Buffer.from(text, 'utf8').subarray(0, 255)];
  writeRecord(writer, name, Class.CH, 0, { type: Type.TXT, strings });
  return layOut({
    rcode: Rcode.NOERROR,
    authoritative: true,
    answers: 1,
    authority: 0,
    additional: 0,
    alternatives: 0,
    rotateFrom: 0,
    rotateCount: 0,
    serialAt: -1,
    zone: 0,
    offsets: [0],
    body: writer.buffer.slice(start, writer.mark()),
  });
}

function textOf(name: string, identity: Identity): string | undefined {
  switch (name) {
    case 'version.bind.':
    case 'version.server.':
      return identity.version;
    case 'hostname.bind.':
    case 'id.server.':
      return identity.serverId;
    default:
      return undefined;
  }
}
