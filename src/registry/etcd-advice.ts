// What etcd, grpc and TLS complain about, said so that a person knows what to do.
import { FingerpostError, messageOf } from '../base/errors.ts';
import { clusterOf, type Word } from './etcd-choice.ts';
import type { EtcdOptions } from './etcd-endpoints.ts';
import { isNoLease, isUnreachable, NO_LEASE } from './etcd-errors.ts';

/** Part of what was thrown, and the advice; `secure` where it holds with TLS or without alone. */
interface Hint {
  readonly sign: RegExp;
  readonly secure?: boolean;
  readonly advice: string;
}

const HINTS: readonly Hint[] = [
  {
    sign: /self-signed certificate|unable to (verify|get)|unknown ca/i,
    advice: 'no trusted CA has signed its certificate: --etcd-ca',
  },
  { sign: /certificate (has expired|is not yet valid)/, advice: 'renew its certificate, or set the clock' },
  {
    sign: /ALTNAME_INVALID/,
    advice: 'its certificate is for another host name: use that name in --registry',
  },
  {
    sign: /alert (bad certificate|certificate required|unknown ca|certificate unknown|handshake failure)/,
    advice: 'it does not take our certificate: --etcd-cert and --etcd-key',
  },
  {
    sign: /before secure TLS connection|wrong version number/,
    secure: true,
    advice: 'if it speaks no TLS, use etcd://',
  },
  { sign: /Last error: Failed to connect/, secure: false, advice: 'if it speaks TLS, use etcds://' },
  { sign: /Name resolution failed/, advice: 'there is no such host' },
];

export class Advice {
  readonly #options: EtcdOptions;

  constructor(options: EtcdOptions) {
    this.#options = options;
  }

  /** `doubt`: a write may have been made all the same. */
  told(thrown: unknown, doubt = false): FingerpostError {
    if (thrown instanceof FingerpostError) return thrown;
    if (isUnreachable(thrown)) return this.#unreachable(thrown, this.#options.hosts.join(', '), doubt);
    if (isNoLease(thrown)) return new FingerpostError('registry', NO_LEASE);
    return new FingerpostError('registry', this.#refusal(messageOf(thrown)), { cause: thrown });
  }

  /** No member can be used, as their words tell, in the order of the hosts. `cluster`: the one that was used. */
  nobody(words: readonly Word[], cluster: string | undefined): FingerpostError {
    const foreign = this.#options.hosts.filter((_, i) => clusterOf(words[i]) !== undefined);
    const failures = words.flatMap((word) => (word !== undefined && 'failed' in word ? [word.failed] : []));
    const refusal = failures.find((failed) => !isUnreachable(failed));
    if (refusal !== undefined) return this.told(refusal);
    const away = this.#options.hosts.filter((host) => !foreign.includes(host)).join(', ');
    const unreachable = failures.length === 0 ? undefined : this.#unreachable(joined(failures), away, false);
    if (foreign.length === 0 && unreachable !== undefined) return unreachable;
    return new FingerpostError(
      'unavailable',
      `etcd at ${foreign.join(', ')} belongs to another cluster than the one that was used (${cluster}), and is not used`,
      { cause: unreachable },
    );
  }

  #unreachable(cause: unknown, hosts: string, doubt: boolean): FingerpostError {
    const maybe = doubt ? '; whether the write was made is not known' : '';
    const message = `etcd at ${hosts} cannot be reached${this.#hint(messageOf(cause))}${maybe}`;
    return new FingerpostError('unavailable', message, { cause });
  }

  #hint(said: string): string {
    const isSecure = this.#options.tls !== undefined;
    const hint = HINTS.find(({ sign, secure = isSecure }) => secure === isSecure && sign.test(said));
    return hint === undefined ? '' : ` (${hint.advice})`;
  }

  #refusal(said: string): string {
    const { user, prefix } = this.#options;
    const who = user === undefined ? 'us' : `user ${JSON.stringify(user)}`;
    if (said.includes('invalid user ID or password'))
      return `etcd does not know ${who} by this password: --etcd-user and --etcd-password-file`;
    if (said.includes('user name is empty'))
      return 'etcd wants to know who we are: --etcd-user and --etcd-password-file, or a client certificate';
    if (said.includes('permission denied'))
      return `etcd does not let ${who} do this below ${prefix}/: etcdctl role grant-permission ROLE read --prefix=true ${prefix}/ (readwrite to write)`;
    return 'etcd refused';
  }
}

/** One cause for all: said once where they say the same. */
function joined(failures: readonly unknown[]): unknown {
  const messages = [...new Set(failures.map(messageOf))];
  return messages.length === 1 ? failures[0] : new Error(messages.join('; '));
}
