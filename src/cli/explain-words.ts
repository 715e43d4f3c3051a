// The words of `explain`: what `lookup` takes, but that the server is asked where it serves HTTP.
import { addressText, type ListenAddress, type Options, parseAddress } from '../app/config.ts';
import { FingerpostError } from '../base/errors.ts';
import { isProblem } from '../service/problem.ts';
import { askable, type Question, readQuestion } from './lookup-words.ts';

export interface Explain {
  readonly question: Question;
  /** Where the server's HTTP is: `http://127.0.0.1:5380`. */
  readonly base: string;
}

function usage(message: string): FingerpostError {
  return new FingerpostError('usage', message);
}

function urlOf(address: ListenAddress): string {
  return `http://${addressText(askable(address))}`;
}

export function baseOf(word: string | undefined, { http }: Options): string {
  if (word === undefined) {
    if (http === 'off' || http.port === 0)
      throw usage('which server? add @ADDR:PORT, the address at which it serves HTTP (--http)');
    return urlOf(http);
  }
  const text = word.slice(1);
  if (/^https?:\/\//.test(text)) {
    if (!URL.canParse(text)) throw usage(`${word}: not a URL, allowed: @http://HOST:PORT`);
    return text.replace(/\/+$/, '');
  }
  const address = parseAddress(text, 5380);
  if (!isProblem(address)) return urlOf(address);
  throw usage(`${word}: ${address.problem}, allowed: @ADDR:PORT, @[IPv6]:PORT or @http://HOST:PORT`);
}

/** Reads `NAME [TYPE] [@ADDR:PORT]`; throws FingerpostError('usage'). An address alone asks for its PTR. */
export function readExplain(words: readonly string[], options: Options): Explain {
  const servers = words.filter((word) => word.startsWith('@'));
  const others = words.filter((word) => !word.startsWith('@'));
  if (servers.length > 1 || others.length > 2)
    throw usage(`too many words: ${words.join(' ')}, allowed: NAME [TYPE] [@ADDR:PORT]`);
  return { question: readQuestion(others, 'explain'), base: baseOf(servers[0], options) };
}
