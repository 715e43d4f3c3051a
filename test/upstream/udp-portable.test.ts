// The portable UDP sockets towards other servers.
import { openPortable } from '../../src/upstream/udp-portable.ts';
import { udpContract } from './udp-contract.ts';

udpContract('portable', () => openPortable);
