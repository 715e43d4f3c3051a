// resolve.mjs lookup NAME: addresses through getaddrinfo; `cares NAME` through c-ares; `srv NAME`: targets and ports.
import dns from 'node:dns/promises';

const [how, name] = process.argv.slice(2);
const settled = async (all) => (await Promise.allSettled(all)).flatMap((one) => one.value ?? []);
const found = {
  lookup: async () => (await dns.lookup(name, { all: true })).map(({ address }) => address),
  cares: () => settled([dns.resolve4(name), dns.resolve6(name)]),
  srv: async () => (await dns.resolveSrv(name)).map(({ name: target, port }) => `${target} ${port}`),
};
const lines = await found[how]();
if (lines.length === 0) process.exit(1);
console.log(lines.join('\n'));
