import { startApiServer, type ApiServer } from '#apiserver';
import { connectToNodes } from '#apiserver/streams';
import { embeddedStore, remoteStore, type Store } from '#apiserver/storage';
import { startControllers } from '#controllers';
import { openEtcd, type Etcd } from '#etcd';
import type { Pki } from '#pki';
import { startScheduler } from '#scheduler';
import { readFile } from 'node:fs/promises';
import { ensureClusterPki } from './cluster-pki.ts';
import type { ClusterConfig, ExternalEtcd } from './config.ts';
import { codeOf, Failure } from './failure.ts';
import type { Log } from './log.ts';
import type { ClusterPaths } from './paths.ts';

/** etcd, API server, controllers and scheduler of one cluster, running in this process. */
export interface ControlPlane {
  port: number;
  api: ApiServer;
  pki: Pki;
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
    const components = [runControllers(api, config, pki, signal, log), runScheduler(api, signal, log)];
    return {
      port: api.port,
      api,
      pki,
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

interface OpenStore {
  store: Store;
  close(): Promise<void>;
}

async function openStore(config: ClusterConfig, paths: ClusterPaths, log: Log): Promise<OpenStore> {
  if (config.etcd !== undefined) return await openRemote(config.etcd);
  let etcd: Etcd;
  try {
    etcd = await openEtcd({ dir: paths.etcd, log: (message, error) => log('etcd', message, error) });
  } catch (error) {
    throw new Failure(`the store in ${paths.etcd} cannot be opened: ${error instanceof Error ? error.message : String(error)}`, 'restore it from a snapshot, or start anew: skiff delete', { cause: error });
  }
  const store = embeddedStore(etcd);
  return {
    store,
    async close() {
      await store.close();
      await etcd.close();
    },
  };
}

async function openRemote({ servers, caFile, certFile, keyFile }: ExternalEtcd): Promise<OpenStore> {
  const tls =
    caFile === undefined || certFile === undefined || keyFile === undefined
      ? undefined
      : { ca: await readFile(caFile), cert: await readFile(certFile), key: await readFile(keyFile) };
  const store = remoteStore({ endpoints: servers, tls });
  return { store, close: () => store.close() };
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

async function runControllers(api: ApiServer, config: ClusterConfig, pki: Pki, signal: AbortSignal, log: Log): Promise<void> {
  const client = api.client({ name: 'system:kube-controller-manager', groups: ['system:masters', 'system:authenticated'] }, 'kube-controller-manager');
  try {
    await startControllers({
      client,
      signal,
      options: {
        clusterCIDRs: [config.podCidr],
        rootCA: pki.ca.certificate,
        signing: { cert: pki.ca.certificate, key: pki.ca.key },
        serviceAccountKey: pki.serviceAccount.privateKey,
      },
    });
  } catch (error) {
    if (!signal.aborted) log('kube-controller-manager', 'ended', error);
  }
}

async function runScheduler(api: ApiServer, signal: AbortSignal, log: Log): Promise<void> {
  const client = api.client({ name: 'system:kube-scheduler', groups: ['system:authenticated'] }, 'kube-scheduler');
  try {
    await startScheduler({ client, signal, log: (message, error) => log('kube-scheduler', message, error) });
  } catch (error) {
    if (!signal.aborted) log('kube-scheduler', 'ended', error);
  }
}
