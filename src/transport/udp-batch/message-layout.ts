// Offsets and sizes of what recvmmsg and sendmmsg read and write on 64-bit Linux, and the copying of its words.

/** sockaddr_in6, the longest address there is, rounded up. */
export const ADDRESS_SIZE = 32;
/** One control message with a packet's own address: 16 bytes of head and an in6_pktinfo, rounded up. */
export const CONTROL_SIZE = 48;

/** struct mmsghdr, in bytes. */
export const HEADER_SIZE = 64;
export const Header = {
  NAME: 0,
  NAME_LENGTH: 8,
  IOV: 16,
  IOV_COUNT: 24,
  CONTROL: 32,
  CONTROL_LENGTH: 40,
  LENGTH: 56,
} as const;

/** struct iovec: address, then length, in bytes. */
export const IOV_SIZE = 16;

export function copyWords(
  from: Int32Array,
  start: number,
  to: Int32Array,
  place: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) to[place + i] = from[start + i] as number;
}
