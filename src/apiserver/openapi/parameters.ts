/** A parameter of an operation, in neither version's form yet. */
export interface Parameter {
  name: string;
  in: 'query' | 'path';
  type: 'string' | 'integer' | 'boolean';
  description: string;
}

const query = (name: string, type: Parameter['type'], description: string): Parameter => ({ name, in: 'query', type, description });

const DRY_RUN = query('dryRun', 'string', 'All: go through all stages, but store nothing.');
const FIELD_MANAGER = query(
  'fieldManager',
  'string',
  'The name of the program that makes the change, for the tracking of who owns which fields.',
);
const FIELD_VALIDATION = query(
  'fieldValidation',
  'string',
  'What to do about unknown and duplicate fields. Ignore: drop them; Warn (the default): drop them and warn; Strict: refuse the request.',
);
const FORCE = query('force', 'boolean', 'Take over fields that other managers own. For apply requests only.');
const LABEL_SELECTOR = query('labelSelector', 'string', 'Only objects whose labels match.');
const FIELD_SELECTOR = query('fieldSelector', 'string', 'Only objects whose fields match.');
const LIMIT = query('limit', 'integer', 'At most so many objects; the answer tells in `continue` how to get more.');
const CONTINUE = query('continue', 'string', 'Where an earlier list ended.');
const RESOURCE_VERSION = query('resourceVersion', 'string', 'How recent the answer must be.');
const RESOURCE_VERSION_MATCH = query('resourceVersionMatch', 'string', 'How resourceVersion is to be understood: NotOlderThan or Exact.');
const TIMEOUT = query('timeoutSeconds', 'integer', 'How long the request may last, in seconds.');
const SEND_INITIAL_EVENTS = query('sendInitialEvents', 'boolean', 'Begin a watch with the objects that exist.');
const WATCH = query('watch', 'boolean', 'Answer with a stream of changes.');
const ALLOW_BOOKMARKS = query('allowWatchBookmarks', 'boolean', 'Send bookmarks of how far a watch has come.');
const GRACE_PERIOD = query('gracePeriodSeconds', 'integer', 'How long the object may take to end, in seconds; 0: at once.');
const ORPHAN = query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.');
const PROPAGATION = query('propagationPolicy', 'string', 'What happens to dependents: Orphan, Background or Foreground.');
const IGNORE_READ_ERROR = query(
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'boolean',
  'Delete the object even if it cannot be read from the store.',
);

const LIST = [
  ALLOW_BOOKMARKS,
  CONTINUE,
  FIELD_SELECTOR,
  LABEL_SELECTOR,
  LIMIT,
  RESOURCE_VERSION,
  RESOURCE_VERSION_MATCH,
  SEND_INITIAL_EVENTS,
  TIMEOUT,
];
const WRITE = [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION];
const DELETE = [DRY_RUN, GRACE_PERIOD, IGNORE_READ_ERROR, ORPHAN, PROPAGATION];

/** The query parameters of each action. */
export const ACTION_PARAMETERS: Readonly<Record<string, readonly Parameter[]>> = {
  get: [],
  list: [...LIST, WATCH],
  post: WRITE,
  put: WRITE,
  patch: [...WRITE, FORCE],
  delete: DELETE,
  deletecollection: [...DELETE, ...LIST.filter((parameter) => ![ALLOW_BOOKMARKS].includes(parameter))],
  connect: [],
};

/** What every operation accepts. */
export const PRETTY = query('pretty', 'string', 'If true, the answer is laid out for people.');

const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  name: 'The name of the object.',
  namespace: 'The namespace of the object.',
  path: 'The path to use for the request that is handed on.',
};

/** The parameters that a path names in braces. */
export function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    type: 'string',
    description: PATH_PARAMETERS[name] ?? '',
  }));
}
