// One server that is asked: its address, its sockets, how it stands. Shared by all that ask it.
import { addressText } from '../wire/address.ts';
import { Client } from '../wire/client.ts';
import type { ServerAddress, UpstreamDeps } from './deps.ts';
import type { RandomWords } from './random.ts';
import { Standing } from './standing.ts';
import { TcpLink } from './tcp-link.ts';
import { UdpSockets } from './udp-sockets.ts';

export class UpstreamServer {
  readonly address: ServerAddress;
  /** `127.0.0.1:53`, for people. */
  readonly text: string;
  /** The same, as records have it. */
  readonly noted = new Client();
  readonly standing: Standing;
  readonly udp: UdpSockets;
  readonly tcp: TcpLink;

  constructor(address: ServerAddress, random: RandomWords, deps: UpstreamDeps) {
    this.address = address;
    this.text = addressText(address);
    this.noted.setText(address.host);
    this.noted.port = address.port;
    this.standing = new Standing(this.text, deps);
    this.udp = new UdpSockets(address, random, deps);
    this.tcp = new TcpLink(address, random, deps);
  }

  close(): void {
    this.udp.close();
    this.tcp.close();
  }
}
