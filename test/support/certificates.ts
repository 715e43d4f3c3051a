// Certificates made by openssl for a test: a CA, and what it signs.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TlsPaths } from './etcd.ts';

const run = promisify(execFile);
const NEW_KEY = '-newkey rsa:2048 -nodes';

/** PEM texts, as registries take them. */
export interface Pems {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export async function pems({ ca, cert, key }: TlsPaths): Promise<Pems> {
  return { ca: await readFile(ca), cert: await readFile(cert), key: await readFile(key) };
}

/** A CA of its own in a folder that the test removes. */
export class TestCa {
  readonly #folder: string;
  #serial = 1;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async in(folder: string): Promise<TestCa> {
    const ca = new TestCa(folder);
    await ca.#openssl(`req -x509 ${NEW_KEY} -keyout ca.key -out ca.pem -days 2 -subj /CN=ca`);
    return ca;
  }

  /** A certificate for both sides, in the name of `name`, for the host `host` (as openssl has it: `IP:` or `DNS:`). */
  async sign(name: string, host = 'IP:127.0.0.1'): Promise<TlsPaths> {
    const id = `${this.#serial++}`;
    await this.#openssl(`req ${NEW_KEY} -keyout ${id}.key -out ${id}.csr -subj /CN=${name}`);
    await writeFile(
      join(this.#folder, `${id}.ext`),
      `subjectAltName=${host}\nextendedKeyUsage=serverAuth,clientAuth\n`,
    );
    await this.#openssl(
      `x509 -req -in ${id}.csr -CA ca.pem -CAkey ca.key -set_serial ${id} -days 2 -extfile ${id}.ext -out ${id}.pem`,
    );
    const at = (file: string) => join(this.#folder, file);
    return { ca: at('ca.pem'), cert: at(`${id}.pem`), key: at(`${id}.key`) };
  }

  /** An RSA key pair for signing tokens. */
  async keys(): Promise<{ readonly priv: string; readonly pub: string }> {
    await this.#openssl('genrsa -out token.key 2048');
    await this.#openssl('rsa -in token.key -pubout -out token.pub');
    return { priv: join(this.#folder, 'token.key'), pub: join(this.#folder, 'token.pub') };
  }

  #openssl(command: string) {
    return run('openssl', command.split(' '), { cwd: this.#folder });
  }
}
