import { isNotFound, StatusError, type KubeObject } from '#apimachinery';
import type { Pod, PodTemplateSpec } from '#api/generated/core-v1.ts';
import { resources, type Client, type EventRecorder, type ResourceType } from '#client';
import { controllerReference } from '../ownership.ts';

/** A pod as the template of `owner` describes it; the name is made by the server, unless given. */
export function podFromTemplate(type: ResourceType, owner: KubeObject, template: PodTemplateSpec, name?: string): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const prefix = `${owner.metadata.name}-`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: name ?? '',
      generateName: name ? undefined : prefix,
      namespace: owner.metadata.namespace,
      labels: { ...labels },
      annotations: annotations && { ...annotations },
      finalizers: finalizers && [...finalizers],
      ownerReferences: [controllerReference(type, owner)],
    },
    spec: { ...template.spec },
    status: {},
  };
}

/** Creates and deletes pods in the name of their owner, and records that as events of the owner. */
export class PodControl {
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #type: ResourceType;

  constructor(client: Client, recorder: EventRecorder, ownerType: ResourceType) {
    this.#client = client;
    this.#recorder = recorder;
    this.#type = ownerType;
  }

  async create(owner: KubeObject, pod: Pod): Promise<Pod> {
    try {
      const created = await this.#client.resource(resources.pods).create(pod);
      this.#recorder.event(this.#type, owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
      return created;
    } catch (error) {
      if (!isNamespaceTerminating(error)) this.#report(owner, 'FailedCreate', 'Error creating: ', error);
      throw error;
    }
  }

  /** A pod that is gone already is as good as deleted. */
  async delete(owner: KubeObject, pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    try {
      await this.#client.resource(resources.pods).delete({ name, namespace }, { preconditions: { uid } });
      this.#recorder.event(this.#type, owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      if (isNotFound(error)) return;
      this.#report(owner, 'FailedDelete', 'Error deleting: ', error);
      throw error;
    }
  }

  #report(owner: KubeObject, reason: string, prefix: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#recorder.event(this.#type, owner, 'Warning', reason, prefix + message);
  }
}

/** Nothing can be created in a namespace that is going away: trying again would not help. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof StatusError && (error.status.details?.causes ?? []).some((cause) => cause.reason === 'NamespaceTerminating');
}
