import type { Duplex } from 'node:stream';
import type { Exchange, UpgradeExchange } from '../http/pipeline.ts';
import type { RequestInfo } from '../types.ts';

/** How the API server shows itself to kubelets, and whom it believes to be one; PEM. */
export interface NodeTls {
  cert: string;
  key: string;
  ca: string;
}

/** Serves subresources that are no objects but ways to something else: a container, a node, a pod's port. */
export interface ConnectHandler {
  handles(info: RequestInfo): boolean;
  /** A plain HTTP request: logs, proxied calls. Throws StatusError as long as nothing has been sent. */
  serve(exchange: Exchange): Promise<void>;
  /** A request to switch protocols: exec, attach, port-forward. */
  upgrade(exchange: UpgradeExchange, socket: Duplex, head: Buffer): Promise<void>;
}
