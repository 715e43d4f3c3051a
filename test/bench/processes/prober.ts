// Run as `node prober.ts PORT NAME`: asks for one address about every 0.2 ms (a tighter loop would take the processors
// from what is measured), and prints each new answer with the time when it was there, in milliseconds on the machine's
// monotonic clock, and how many queries have had no reply so far.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { queryBytes, Type } from '../harness/ask.ts';
import { monotonicMs } from '../harness/monotonic.ts';

const BETWEEN_MS = 0.1;
const RESEND_MS = 100;
const [port, name] = process.argv.slice(2) as [string, string];
const query = queryBytes(1, name, Type.A);
const nothing = new Int32Array(new SharedArrayBuffer(4));
let known = '';
let unanswered = 0;

const socket = createSocket('udp4');
socket.connect(Number(port), '127.0.0.1');
await once(socket, 'connect');
// A lost datagram must not stop the loop.
const again = setInterval(() => {
  unanswered += 1;
  socket.send(query);
}, RESEND_MS);
socket.on('message', (reply) => {
  const at = monotonicMs();
  again.refresh();
  // The last four bytes of a reply to this question are its address.
  const address = reply.subarray(-4).join('.');
  if (address !== known) process.stdout.write(`${JSON.stringify({ address, at, unanswered })}\n`);
  known = address;
  // Sleeps, since a timer cannot be so short.
  Atomics.wait(nothing, 0, 0, BETWEEN_MS);
  socket.send(query);
});
socket.send(query);
