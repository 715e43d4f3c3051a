// A client of one etcd member: how it connects, and that it does not hide failures from us.
import { rootCertificates } from 'node:tls';
import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { Etcd3, type IOptions } from 'etcd3';
import { EtcdToken } from './etcd-token.ts';

/** PEM files; what is absent is left to the defaults of TLS. */
export interface EtcdTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface EtcdLogin {
  readonly tls?: EtcdTls;
  readonly user?: string;
  readonly password?: string;
}

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

const CHANNEL = {
  // Of use to streams alone: calls have their deadlines, a watch its pulse. A line that takes 10 s is no reason to hang up.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 20_000,
  // Waiting between attempts is ours to do: grpc's own goes up to two minutes.
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500,
  // A page, or one huge transaction, may exceed the 4 MiB that grpc allows by default.
  'grpc.max_receive_message_length': -1,
  'grpc-node.flow_control_window': 4 * 1024 * 1024,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_http_proxy': 0,
};

/** A member that has lost its leader answers with an error, instead of with silence (etcd's WithRequireLeader). */
const requireLeader: Interceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start(metadata, listener, next) {
      const own = metadata.clone();
      own.set('hasleader', 'true');
      next(own, listener);
    },
  });

const listenToNothing = () => ({ dispose: () => {} });
const signal = new AbortController().signal;

/** In place of etcd3's retries and circuit breakers, which would hide failures from us and delay recovery. */
const straight: Policy = {
  _altReturn: undefined as never,
  onSuccess: listenToNothing,
  onFailure: listenToNothing,
  execute: async (work) => work({ signal }),
};

/** One member's client. */
export interface MemberClient {
  readonly etcd: Etcd3;
  /** Undefined without a user. */
  readonly token: EtcdToken | undefined;
}

/** A client of `host` alone (`host:port`); it connects when it is first used. */
export function connect(host: string, login: EtcdLogin): MemberClient {
  const { user, password = '' } = login;
  if (user === undefined) return { etcd: open(host, login, [requireLeader]), token: undefined };
  const token = new EtcdToken(async (deadline) => {
    const options = { interceptors: [requireLeader], deadline };
    return (await etcd.auth.authenticate({ name: user, password }, options)).token;
  });
  const etcd = open(host, login, [requireLeader, token.interceptor]);
  return { etcd, token };
}

function open(host: string, { tls }: EtcdLogin, interceptors: Interceptor[]): Etcd3 {
  const credentials = tls && {
    rootCertificate: tls.ca ?? Buffer.from(rootCertificates.join('\n')),
    ...(tls.key && { privateKey: tls.key }),
    ...(tls.cert && { certChain: tls.cert }),
  };
  return new Etcd3({
    hosts: host,
    ...(credentials && { credentials }),
    grpcOptions: CHANNEL,
    faultHandling: { global: straight, host: () => straight },
    defaultCallOptions: { interceptors },
  });
}
