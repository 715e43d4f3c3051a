// Run as `node canned-server.ts PORT`: sends one canned A record to every query, with its id and question.
import { createSocket } from 'node:dgram';

const ANSWER = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1]);

const socket = createSocket('udp4');
socket.on('message', (query, from) => {
  const reply = Buffer.allocUnsafe(query.length + ANSWER.length);
  reply.set(query);
  reply[2] = 0x84 | ((query[2] ?? 0) & 1);
  reply[3] = 0;
  reply[7] = 1;
  reply.set(ANSWER, query.length);
  socket.send(reply, from.port, from.address);
});
socket.bind(Number(process.argv[2]), '127.0.0.1');
