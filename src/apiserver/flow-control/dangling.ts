import type { FlowSchema, FlowSchemaCondition } from '#api/generated/flowcontrol-v1.ts';
import { isNotFound } from '#apimachinery';
import { resources, type Client } from '#client';

const FIELD_MANAGER = 'api-priority-and-fairness-config-consumer-v1';

/** Says in the status of each flow schema whether its priority level exists. */
export async function tellDangling(client: Client, schemas: readonly FlowSchema[], levels: ReadonlySet<string>): Promise<void> {
  const api = client.resource(resources.flowSchemas);
  for (const schema of schemas) {
    const condition = changedCondition(schema, levels);
    if (condition === undefined) continue;
    const { name, uid } = schema.metadata;
    const patch = {
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'FlowSchema',
      metadata: { name, uid },
      status: { conditions: [condition] },
    };
    try {
      await api.patch({ name }, 'apply', patch, { subresource: 'status', fieldManager: FIELD_MANAGER, force: true });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function changedCondition({ spec, status }: FlowSchema, levels: ReadonlySet<string>): FlowSchemaCondition | undefined {
  const { name } = spec.priorityLevelConfiguration;
  const wanted = levels.has(name)
    ? {
        status: 'False',
        reason: 'Found',
        message: `This FlowSchema references the PriorityLevelConfiguration object named "${name}" and it exists`,
      }
    : {
        status: 'True',
        reason: 'NotFound',
        message: `This FlowSchema references the PriorityLevelConfiguration object named "${name}" but there is no such object`,
      };
  const present = status?.conditions?.find(({ type }) => type === 'Dangling');
  if (present?.status === wanted.status && present.reason === wanted.reason && present.message === wanted.message) return undefined;
  const lastTransitionTime = present?.status === wanted.status ? present.lastTransitionTime : new Date().toISOString().replace(/\.\d+/, '');
  return { type: 'Dangling', lastTransitionTime, ...wanted };
}
