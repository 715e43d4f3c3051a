// The token that a user is known by to one etcd member: asked for when it is needed, sent with every call, renewed.
import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { isNoAuthentication, isOldLogin } from './etcd-errors.ts';

export class EtcdToken {
  readonly #authenticate: (deadline: number) => Promise<string>;
  /** `none`: etcd does not ask who we are. */
  #token: string | 'none' | undefined;
  #asking: Promise<void> | undefined;

  /** `authenticate` resolves to a token or rejects as etcd does. */
  constructor(authenticate: (deadline: number) => Promise<string>) {
    this.#authenticate = authenticate;
  }

  /** Resolves when there is a token to send; rejects as etcd does, and at `deadline` (milliseconds since 1970). */
  async ready(deadline: number): Promise<void> {
    if (this.#token !== undefined) return;
    this.#asking ??= this.#ask(deadline).finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  /** The next `ready` asks anew. */
  forget(): void {
    this.#token = undefined;
  }

  /** Sends it, and forgets it when etcd does not take it any longer. */
  readonly interceptor: Interceptor = (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) => {
        const own = metadata.clone();
        if (this.#token !== undefined && this.#token !== 'none') own.set('token', this.#token);
        next(own, {
          onReceiveStatus: (status, pass) => {
            if (isOldLogin(new Error(status.details))) this.forget();
            pass(status);
          },
        });
      },
    });

  async #ask(deadline: number): Promise<void> {
    try {
      this.#token = await this.#authenticate(deadline);
    } catch (thrown) {
      // Users are set up in the clients before authentication is turned on, and stay there when it is turned off.
      if (!isNoAuthentication(thrown)) throw thrown;
      this.#token = 'none';
    }
  }
}
