import { HttpListener } from './http-listener.ts';
import type { ProxyHealth } from './proxy-health.ts';

/** Serves `/healthz` and `/livez` at `host:port`. Throws when the address is taken. */
export function serveHealth(address: string, health: ProxyHealth): Promise<HttpListener> {
  return HttpListener.open(address, ({ url = '/' }, response) => {
    const path = url.split('?', 1)[0];
    const answer = path === '/healthz' ? health.healthz() : path === '/livez' ? health.livez() : undefined;
    if (!answer) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(answer.code, { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' });
    response.end(JSON.stringify(answer.body));
  });
}
