// Run in a network of its own: asks pools on wildcard and link-local addresses at every address given, says what came.
import { packet } from '../table/questions.ts';
import { Rig, rcode } from './udp-batch-support.ts';

const asked = process.argv.slice(2);
const said: Record<string, string> = {};

async function ask(listen: string, address: string): Promise<void> {
  const { rig, at } = await Rig.open({ host: listen });
  // A connected socket: it hears nobody but the address that it asked.
  const client = await rig.client({ host: address, port: at.port });
  const miss = rcode(await client.ask(packet({ name: 'text.z', type: 16 })));
  const hit = rcode(await client.ask(packet({ name: 'text.z', type: 16 })));
  const denied = rcode(await client.ask(packet({ name: 'no.z' })));
  said[`${listen} ${address}`] = `${miss} ${hit} ${denied}`;
  await rig.close();
}

for (const address of asked) {
  await ask(address.includes(':') ? '::' : '0.0.0.0', address);
  if (address.includes('%')) await ask(address, address);
}
console.log(JSON.stringify(said));
