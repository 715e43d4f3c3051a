// A service of HTTP that says its name, and one metric for who asks for that.
// usage: node http-service.ts HOST PORT NAME
import { createServer } from 'node:http';

const [host, port, name] = process.argv.slice(2);
const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/plain');
  response.end(request.url === '/metrics' ? `service_up{name="${name}"} 1\n` : `${name}\n`);
});
server.listen(Number(port), host, () => console.log('listening'));
