import { badRequest } from '#apimachinery';
import type { Registry } from '../registry/index.ts';
import { serveCommand, servePortForward } from './commands.ts';
import { serveLogs } from './logs.ts';
import { serveProxy, serveProxyUpgrade } from './proxy.ts';
import type { ConnectHandler, NodeTls } from './types.ts';

export type { ConnectHandler, NodeTls } from './types.ts';

const WAYS: ReadonlyMap<string, readonly string[]> = new Map([
  ['pods', ['log', 'exec', 'attach', 'portforward', 'proxy']],
  ['services', ['proxy']],
  ['nodes', ['proxy']],
]);

/** Reaches nodes through their kubelets, with this certificate. */
export function connectToNodes(tls: NodeTls): (registry: Registry) => ConnectHandler {
  return (registry) => ({
    handles: ({ group, resource, subresource }) => group === '' && (WAYS.get(resource)?.includes(subresource) ?? false),
    async serve(exchange) {
      switch (exchange.info.subresource) {
        case 'log':
          return await serveLogs(exchange, registry, tls);
        case 'proxy':
          return await serveProxy(exchange, registry, tls);
        default:
          throw badRequest('Upgrade request required');
      }
    },
    async upgrade(exchange, socket, head) {
      switch (exchange.info.subresource) {
        case 'exec':
        case 'attach':
          return await serveCommand(exchange, socket, head, registry, tls);
        case 'portforward':
          return await servePortForward(exchange, socket, head, registry, tls);
        case 'proxy':
          return await serveProxyUpgrade(exchange, socket, head, registry, tls);
        default:
          throw badRequest('this subresource does not switch protocols');
      }
    },
  });
}
