import { startApiServer, type ApiServer } from '#apiserver';
import { connectToNodes } from '#apiserver/streams';
import type { Store } from '#apiserver/storage';
import { LeadershipLost, runAsLeader } from '#client';
import { startControllers } from '#controllers';
import type { Pki } from '#pki';
import { startScheduler } from '#scheduler';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { ensureClusterPki } from './cluster-pki.ts';
import type { ClusterConfig } from './config.ts';
import { openStore, type OpenStore } from './etcd-store.ts';
import { codeOf, Failure } from './failure.ts';
import type { Log } from './log.ts';
import type { ClusterPaths } from './paths.ts';

/** etcd, API server, controllers and scheduler of one cluster, running in this process. */
export interface ControlPlane {
  port: number;
  api: ApiServer;
  pki: Pki;
  storage: OpenStore;
  /** Stops everything, the store last; nothing that was acknowledged is lost. */
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  config: ClusterConfig;
  paths: ClusterPaths;
  log: Log;
}

/** Starts the control plane. Throws Failure for what a person can put right; nothing is left running then. */
export async function startControlPlane({ config, paths, log }: ControlPlaneOptions): Promise<ControlPlane> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const pki = await ensureClusterPki(config, paths);
  const storage = await openStore(config, paths, log);
  try {
    const api = await listen(config, pki, storage.store, log);
    const components = [runControllers(api, config, pki, signal, log), runScheduler(api, config, signal, log)];
    return {
      port: api.port,
      api,
      pki,
      storage,
      async stop() {
        stopping.abort();
        await Promise.allSettled(components);
        await api.close();
        await storage.close();
      },
    };
  } catch (error) {
    stopping.abort();
    await storage.close();
    throw error;
  }
}

async function listen(config: ClusterConfig, pki: Pki, store: Store, log: Log): Promise<ApiServer> {
  try {
    return await startApiServer({
      store,
      host: config.host,
      port: config.port,
      advertiseAddress: config.nodeAddress,
      serviceCidr: config.serviceCidr,
      nodePorts: config.nodePorts,
      pki: {
        serverCertificate: pki.apiserver.certificate,
        serverKey: pki.apiserver.key,
        clientCa: pki.ca.certificate,
        requestHeader: { ca: pki.frontProxyCa.certificate, allowedNames: ['front-proxy-client'] },
        proxyClient: pki.frontProxyClient,
        serviceAccountSigningKey: pki.serviceAccount.privateKey,
        serviceAccountKeys: [pki.serviceAccount.publicKey],
      },
      connect: connectToNodes({
        cert: pki.apiserverKubeletClient.certificate,
        key: pki.apiserverKubeletClient.key,
        ca: pki.ca.certificate,
      }),
      log: (message, error) => log('kube-apiserver', message, error),
    });
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE')
      throw new Failure(`port ${config.port} is in use`, 'stop what uses it, or choose another one with --port', { cause: error });
    if (codeOf(error) === 'EACCES')
      throw new Failure(`port ${config.port} needs root`, 'choose one above 1023 with --port', { cause: error });
    throw error;
  }
}

/** Who stands for election among several control planes on one etcd; undefined: this is the only one. */
const candidate = ({ etcd }: ClusterConfig): string | undefined => (etcd === undefined ? undefined : `${hostname()}_${randomUUID()}`);

/** Runs a component until the signal aborts. One that has lost its lead stands for election again. */
async function keepRunning(component: string, signal: AbortSignal, log: Log, run: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof LeadershipLost)) return log(component, 'ended', error);
      log(component, error.message);
    }
  }
}

async function runControllers(api: ApiServer, config: ClusterConfig, pki: Pki, signal: AbortSignal, log: Log): Promise<void> {
  const component = 'kube-controller-manager';
  const client = api.client({ name: 'system:kube-controller-manager', groups: ['system:masters', 'system:authenticated'] }, component);
  const identity = candidate(config);
  await keepRunning(component, signal, log, () =>
    startControllers({
      client,
      signal,
      options: {
        clusterCIDRs: [config.podCidr],
        rootCA: pki.ca.certificate,
        signing: { cert: pki.ca.certificate, key: pki.ca.key },
        serviceAccountKey: pki.serviceAccount.privateKey,
      },
      leaderElection: identity === undefined ? undefined : { identity },
    }),
  );
}

async function runScheduler(api: ApiServer, config: ClusterConfig, signal: AbortSignal, log: Log): Promise<void> {
  const component = 'kube-scheduler';
  const client = api.client({ name: 'system:kube-scheduler', groups: ['system:authenticated'] }, component);
  const identity = candidate(config);
  const schedule = (until: AbortSignal) =>
    startScheduler({ client, signal: until, log: (message, error) => log(component, message, error) });
  await keepRunning(component, signal, log, () =>
    identity === undefined
      ? schedule(signal)
      : runAsLeader({ client, namespace: 'kube-system', name: component, identity, signal }, schedule),
  );
}
