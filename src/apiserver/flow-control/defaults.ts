import { clone, isAlreadyExists, isConflict, isNotFound, objectEqual, type KubeObject } from '#apimachinery';
import { resources, type Client, type ResourceType } from '#client';
import { MANDATORY_LEVELS, MANDATORY_SCHEMAS, SUGGESTED_LEVELS, SUGGESTED_SCHEMAS } from './default-objects.ts';

/** Says `true` on objects that the server keeps as it suggests them, `false` on those that an administrator took over. */
const AUTO_UPDATE = 'apf.kubernetes.io/autoupdate-spec';

type WithSpec = KubeObject & { spec: object };

/** Creates the flow schemas and priority levels that every cluster has, and brings back those that the server keeps. */
export async function ensureDefaults(client: Client): Promise<void> {
  await Promise.all([
    ensure(client, resources.priorityLevelConfigurations, MANDATORY_LEVELS, SUGGESTED_LEVELS),
    ensure(client, resources.flowSchemas, MANDATORY_SCHEMAS, SUGGESTED_SCHEMAS),
  ]);
}

async function ensure<T extends WithSpec>(
  client: Client,
  type: ResourceType<T>,
  mandatory: readonly T[],
  suggested: readonly T[],
): Promise<void> {
  const api = client.resource(type);
  const { items } = await api.list();
  const present = new Map(items.map((object) => [object.metadata.name, object]));
  const bring = async (wanted: T, always: boolean): Promise<void> => {
    const object = present.get(wanted.metadata.name);
    if (object === undefined) return void (await api.create(annotated(wanted, true)));
    const revised = revise(object, wanted, always);
    if (revised !== undefined) await api.update(revised);
  };
  const wanted = new Set([...mandatory, ...suggested].map(({ metadata }) => metadata.name));
  // What an older server suggested and this one does not.
  const retired = items.filter(({ metadata }) => metadata.annotations?.[AUTO_UPDATE] === 'true' && !wanted.has(metadata.name));
  await Promise.all([
    ...mandatory.map((object) => unlessOvertaken(bring(object, true))),
    ...suggested.map((object) => unlessOvertaken(bring(object, false))),
    ...retired.map(({ metadata: { name, uid, resourceVersion } }) =>
      unlessOvertaken(api.delete({ name }, { preconditions: { uid, resourceVersion } })),
    ),
  ]);
}

/** What a present object has to become; undefined: it is as it should be. */
function revise<T extends WithSpec>(present: T, wanted: T, always: boolean): T | undefined {
  const annotation = present.metadata.annotations?.[AUTO_UPDATE];
  const isKept = always || annotation === 'true' || (annotation !== 'false' && present.metadata.generation === 1);
  const isRight = !isKept || objectEqual(present.spec, wanted.spec);
  if (isRight && annotation === String(isKept)) return undefined;
  return annotated(isRight ? present : { ...present, spec: wanted.spec }, isKept);
}

function annotated<T extends WithSpec>(object: T, isKept: boolean): T {
  const copy = clone(object);
  copy.metadata.annotations = { ...copy.metadata.annotations, [AUTO_UPDATE]: String(isKept) };
  return copy;
}

/** Another API server may do the same at the same time, and an administrator may be quicker; either brings us here again. */
async function unlessOvertaken(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isAlreadyExists(error) && !isConflict(error) && !isNotFound(error)) throw error;
  }
}
