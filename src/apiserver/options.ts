import type { RequestHeaderOptions } from './authn/request-header.ts';
import type { InFlightLimits } from './http/in-flight.ts';
import type { Component } from './registry/component-statuses.ts';
import type { Registry } from './registry/index.ts';
import type { Store } from './storage/store.ts';
import type { ConnectHandler } from './streams/types.ts';

/** The keys and certificates that the API server works with; all PEM. */
export interface ApiServerPki {
  serverCertificate: string;
  serverKey: string;
  /** Certificates of users are signed by one of these. */
  clientCa: string;
  /** The front proxy's CA and the headers that it sends; absent: no front proxy is believed. */
  requestHeader?: RequestHeaderOptions;
  /** What this server shows to the API servers behind it; absent: it cannot speak for its clients there. */
  proxyClient?: { certificate: string; key: string };
  serviceAccountSigningKey: string;
  /** Public keys that tokens are verified by. */
  serviceAccountKeys: readonly string[];
}

export interface RequestLimits extends InFlightLimits {
  /** In ms; watches, logs and the like are not limited. Default a minute. */
  timeout?: number;
  /** Divide what may be in flight by flow schemas and priority levels, and let the rest wait. Default true; else it is refused. */
  fairness?: boolean;
}

export interface ApiServerOptions {
  store: Store;
  host: string;
  /** 0: any free one. */
  port: number;
  /** Where clients outside and the `kubernetes` Service reach this server. */
  advertiseAddress: string;
  pki: ApiServerPki;
  /** `10.96.0.0/12` */
  serviceCidr: string;
  /** First and last node port. */
  nodePorts: readonly [number, number];
  /** Makes the handler of subresources that reach nodes: logs, exec, attach, port-forward, proxy. */
  connect(registry: Registry): ConnectHandler;
  /** Writes down who did what, as far as the policy (a file) says so; `logPath` `-` is standard output. */
  audit?: { policyFile: string; logPath: string };
  /** Limits of requests in flight, and of their time. */
  requests?: RequestLimits;
  /** What `componentstatuses` tells beside etcd's health: `scheduler`, `controller-manager`. */
  components?: readonly Component[];
  log(message: string, error?: unknown): void;
}
