import type { Client, EventRecorder, InformerFactory } from '#client';

/** What the controllers may be told; the defaults are kube-controller-manager's. */
export interface ControllerOptions {
  /** Pod address ranges of the cluster, one a family. Default `10.244.0.0/16`. */
  clusterCIDRs: readonly string[];
  allocateNodeCIDRs: boolean;
  nodeCIDRMaskSizeIPv4: number;
  nodeCIDRMaskSizeIPv6: number;
  /** A node that was not heard of for this long is Unknown. */
  nodeMonitorGracePeriodMs: number;
  nodeStartupGracePeriodMs: number;
  /** Nodes a second and zone that may get a NoExecute taint. */
  nodeEvictionRate: number;
  secondaryNodeEvictionRate: number;
  largeClusterSizeThreshold: number;
  unhealthyZoneThreshold: number;
  /** Terminated pods that are kept before the oldest go. */
  terminatedPodGCThreshold: number;
  /** PEM of the cluster's CA, for the ConfigMap `kube-root-ca.crt` and for tokens. */
  rootCA: string;
  /** PEM of the private key that signs tokens kept in Secrets; absent: none are made. */
  serviceAccountKey?: string;
  /** PEM with which certificate requests are signed; absent: they are not. */
  signing?: { cert: string; key: string };
  /** For how long a signed certificate is valid at most. */
  clusterSigningDurationMs: number;
}

export const DEFAULT_CONTROLLER_OPTIONS: ControllerOptions = {
  clusterCIDRs: ['10.244.0.0/16'],
  allocateNodeCIDRs: true,
  nodeCIDRMaskSizeIPv4: 24,
  nodeCIDRMaskSizeIPv6: 64,
  nodeMonitorGracePeriodMs: 40_000,
  nodeStartupGracePeriodMs: 60_000,
  nodeEvictionRate: 0.1,
  secondaryNodeEvictionRate: 0.01,
  largeClusterSizeThreshold: 50,
  unhealthyZoneThreshold: 0.55,
  terminatedPodGCThreshold: 12_500,
  rootCA: '',
  clusterSigningDurationMs: 365 * 24 * 3600 * 1000,
};

/** What every controller is given. */
export interface ControllerContext {
  client: Client;
  informers: InformerFactory;
  options: ControllerOptions;
  /** The controller stops when it aborts. */
  signal: AbortSignal;
  /** A recorder that reports in the name of `component`. */
  recorder(component: string): EventRecorder;
}

/** Runs a controller; resolves when it has stopped. */
export type StartController = (context: ControllerContext) => Promise<void>;
