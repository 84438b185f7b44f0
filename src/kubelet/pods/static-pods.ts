import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isAlreadyExists, isNotFound, timestamp } from '#apimachinery';
import type { Pod } from '#api/generated/core-v1.ts';
import { Backoff, delay, resources, type Client } from '#client';
import { HASH_ANNOTATION, MIRROR_ANNOTATION, SOURCE_ANNOTATION } from './pod-containers.ts';
import type { PodWorkers } from './pod-workers.ts';
import type { StatusWriter } from '../status/index.ts';

export interface StaticPodsOptions {
  directory: string;
  nodeName: string;
  client: Client;
  workers: PodWorkers;
  statuses: StatusWriter;
  signal: AbortSignal;
  onError: (message: string, error: unknown) => void;
}

const CONFIG_SEEN_ANNOTATION = 'kubernetes.io/config.seen';

/** Editors write a file in steps: what is half-written is read again a moment later. */
const SETTLE_MS = 50;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 10_000;

function isManifest(name: string): boolean {
  return !name.startsWith('.') && /\.(?:ya?ml|json|manifest)$/.test(name);
}

/** A pod from a file, as this node runs it: named after the node, with a uid that follows from its content. Throws for what is no pod. */
function staticPod(text: string, path: string, nodeName: string, now = new Date()): Pod {
  const read = parse(text) as Pod | null;
  if (read?.kind !== 'Pod' || read.apiVersion !== 'v1' || !read.metadata?.name || !Array.isArray(read.spec?.containers))
    throw new Error(`${path} holds no v1 Pod`);
  const hash = createHash('md5').update(JSON.stringify(read)).update(`host:${nodeName}`).update(`file:${path}`).digest('hex');
  const annotations = {
    ...read.metadata.annotations,
    [HASH_ANNOTATION]: hash,
    [SOURCE_ANNOTATION]: 'file',
    [CONFIG_SEEN_ANNOTATION]: now.toISOString(),
  };
  const tolerations = [...(read.spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }];
  return {
    ...read,
    metadata: {
      ...read.metadata,
      name: `${read.metadata.name}-${nodeName}`,
      namespace: read.metadata.namespace || 'default',
      uid: hash,
      annotations,
      creationTimestamp: timestamp(now),
    },
    spec: {
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      terminationGracePeriodSeconds: 30,
      enableServiceLinks: true,
      ...read.spec,
      nodeName,
      tolerations,
    },
    status: { phase: 'Pending' },
  };
}

/** Runs the pods of a directory and shows each in the API by a mirror. */
export class StaticPods {
  readonly #options: StaticPodsOptions;
  /** By the file's name. */
  readonly #pods = new Map<string, Pod>();
  #reading: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StaticPodsOptions) {
    this.#options = options;
  }

  /** Resolves when the files that are there have been read. */
  async start(): Promise<void> {
    const { directory, signal, onError } = this.#options;
    await mkdir(directory, { recursive: true });
    const watcher = watch(directory, { signal }, () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#readAgain(), SETTLE_MS);
    });
    watcher.on('error', (error) => onError('watching static pods', error));
    signal.addEventListener('abort', () => clearTimeout(this.#timer), { once: true });
    await this.#readAgain();
  }

  /** A mirror was created or has changed. */
  mirrorSeen(mirror: Pod): void {
    const pod = this.#podOf(mirror);
    const isRight = pod !== undefined && mirror.metadata.annotations?.[MIRROR_ANNOTATION] === pod.metadata.uid;
    if (isRight && mirror.metadata.deletionTimestamp === undefined) this.#options.statuses.mirror(pod.metadata.uid ?? '', mirror);
    else void this.#deleteMirror(mirror);
  }

  /** A mirror is gone; the pod it stood for may need a new one. */
  mirrorGone(mirror: Pod): void {
    const pod = this.#podOf(mirror);
    if (pod !== undefined) void this.#createMirror(pod);
  }

  #podOf({ metadata }: Pod): Pod | undefined {
    return [...this.#pods.values()].find((pod) => pod.metadata.name === metadata.name && pod.metadata.namespace === metadata.namespace);
  }

  #readAgain(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read()).catch((error: unknown) => this.#options.onError('reading static pods', error));
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { directory, nodeName, onError } = this.#options;
    const names = (await readdir(directory)).filter(isManifest);
    for (const [name, pod] of this.#pods) if (!names.includes(name)) this.#drop(name, pod);
    for (const name of names) {
      try {
        this.#take(name, staticPod(await readFile(join(directory, name), 'utf8'), join(directory, name), nodeName));
      } catch (error) {
        // What ran before goes on until the file is whole again.
        onError(`static pod ${name}`, error);
      }
    }
  }

  #take(name: string, pod: Pod): void {
    const old = this.#pods.get(name);
    if (old?.metadata.uid === pod.metadata.uid) return;
    if (old !== undefined) this.#drop(name, old);
    this.#pods.set(name, pod);
    this.#options.workers.update(pod);
    void this.#createMirror(pod);
  }

  #drop(name: string, pod: Pod): void {
    this.#pods.delete(name);
    this.#options.workers.removeStatic(pod.metadata.uid ?? '');
    void this.#deleteMirror(pod);
  }

  /** Tries until there is a mirror: the API server may come up only because of the very pods that run here. */
  async #createMirror(pod: Pod): Promise<void> {
    const { signal, onError } = this.#options;
    const backoff = new Backoff({ initial: FIRST_RETRY_MS, max: MAX_RETRY_MS });
    while (!signal.aborted && [...this.#pods.values()].includes(pod)) {
      try {
        return await this.#tryMirror(pod);
      } catch (error) {
        // One of an earlier run: its coming into sight decides what to do with it.
        if (isAlreadyExists(error)) return;
        if (!isNotFound(error)) onError(`mirror of static pod ${pod.metadata.namespace}/${pod.metadata.name}`, error);
      }
      await delay(backoff.next(), signal);
    }
  }

  async #tryMirror(pod: Pod): Promise<void> {
    const { client, nodeName, statuses } = this.#options;
    const { name, namespace, labels, annotations, uid = '' } = pod.metadata;
    const node = await client.resource(resources.nodes).get({ name: nodeName });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid ?? '', controller: true }];
    const metadata = { name, namespace, labels, annotations: { ...annotations, [MIRROR_ANNOTATION]: uid }, ownerReferences };
    statuses.mirror(uid, await client.resource(resources.pods).create({ ...pod, metadata }));
  }

  async #deleteMirror({ metadata: { name, namespace } }: Pod): Promise<void> {
    await this.#options.client
      .resource(resources.pods)
      .delete({ name, namespace }, { gracePeriodSeconds: 0 })
      .catch((error: unknown) => {
        if (!isNotFound(error)) this.#options.onError(`mirror of static pod ${namespace}/${name}`, error);
      });
  }
}
