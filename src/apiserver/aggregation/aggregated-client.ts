import { httpClient, type Client, type ResourceType } from '#client';
import type { ApiServerPki } from '../options.ts';
import type { UserInfo } from '../types.ts';
import { requestInfoOf } from '../http/request-info.ts';
import type { Aggregation } from './aggregation.ts';
import { userHeaders } from './remote-server.ts';

export interface AggregatedClientOptions {
  aggregation: Aggregation;
  pki: ApiServerPki;
  user: UserInfo;
  manager: string;
  /** Where this server listens: `https://127.0.0.1:6443`. */
  url(): string;
  signal: AbortSignal;
}

/**
 * A client in this process that reaches what other servers serve as well: through this server's own front door, with the
 * front proxy's certificate, so that authentication, authorization and the way there are those of every other client.
 */
export function aggregatedClient(local: Client, options: AggregatedClientOptions): Client {
  const { aggregation, pki, signal } = options;
  let door: Client | undefined;
  const throughTheDoor = (): Client => {
    if (door === undefined) {
      door = openDoor(options);
      signal.addEventListener('abort', () => void door?.close(), { once: true });
    }
    return door;
  };
  const isElsewhere = (path: string): boolean => {
    const mark = path.indexOf('?');
    return (
      pki.proxyClient !== undefined && aggregation.find(requestInfoOf('GET', mark < 0 ? path : path.slice(0, mark), false)) !== undefined
    );
  };
  return {
    resource: (type) => (isElsewhere(groupVersionPath(type)) ? throughTheDoor().resource(type) : local.resource(type)),
    raw: (method, path, body, abort) => (isElsewhere(path) ? throughTheDoor() : local).raw(method, path, body, abort),
    async close() {
      await door?.close();
      await local.close();
    },
  };
}

function groupVersionPath({ group, version }: ResourceType): string {
  return `/apis/${group}/${version}`;
}

function openDoor({ pki, user, manager, url }: AggregatedClientOptions): Client {
  return httpClient({
    server: url(),
    ca: pki.clientCa,
    // The name by which every API server is known in its own cluster.
    tlsServerName: 'kubernetes',
    cert: pki.proxyClient?.certificate,
    key: pki.proxyClient?.key,
    userAgent: manager,
    headers: userHeaders(user),
  });
}
