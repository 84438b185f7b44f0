import { capital, operationGroup } from './names.ts';
import { groupVersionPath, type ServedKind, type ServedSubresource } from './served-kind.ts';

export type Action = 'get' | 'list' | 'post' | 'put' | 'patch' | 'delete' | 'deletecollection' | 'connect';

/** What a body or an answer is. */
export type Content =
  | { kind: 'object' | 'list' | 'status' | 'options' | 'patch' | 'string' }
  | { kind: 'other'; group: string; version: string; name: string };

export interface Operation {
  path: string;
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  action: Action;
  id: string;
  description: string;
  gvk: { group: string; version: string; kind: string };
  body: Content | undefined;
  answer: Content;
}

/** What has to be in a resource's verbs for an action to exist. */
const COLLECTION: readonly [string, Action, Operation['method']][] = [
  ['list', 'list', 'get'],
  ['create', 'post', 'post'],
  ['deletecollection', 'deletecollection', 'delete'],
];
const OBJECT: readonly [string, Action, Operation['method']][] = [
  ['get', 'get', 'get'],
  ['update', 'put', 'put'],
  ['delete', 'delete', 'delete'],
  ['patch', 'patch', 'patch'],
];
const WORDS: Readonly<Record<Action, readonly [id: string, text: string]>> = {
  get: ['read', 'read the specified'],
  list: ['list', 'list or watch objects of kind'],
  post: ['create', 'create'],
  put: ['replace', 'replace the specified'],
  patch: ['patch', 'partially update the specified'],
  delete: ['delete', 'delete'],
  deletecollection: ['delete', 'delete collection of'],
  connect: ['connect', 'connect'],
};

/** Everything that can be done with a resource and its subresources, path by path. */
export function operationsOf(served: ServedKind): Operation[] {
  const base = groupVersionPath(served);
  const collection = `${base}${served.namespaced ? '/namespaces/{namespace}' : ''}/${served.resource}`;
  const operations = [
    ...COLLECTION.filter(([verb]) => served.verbs.includes(verb)).map(([, action, method]) => own(served, collection, action, method)),
    ...OBJECT.filter(([verb]) => served.verbs.includes(verb)).map(([, action, method]) =>
      own(served, `${collection}/{name}`, action, method),
    ),
    ...(served.subresources ?? []).flatMap((subresource) => subresourceOperations(served, subresource, `${collection}/{name}`)),
  ];
  if (!served.namespaced || !served.verbs.includes('list')) return operations;
  const everywhere = own(served, `${base}/${served.resource}`, 'list', 'get');
  return [...operations, { ...everywhere, id: `list${operationGroup(served)}${served.kind}ForAllNamespaces` }];
}

function own(served: ServedKind, path: string, action: Action, method: Operation['method']): Operation {
  const { group, version, kind } = served;
  const [word, text] = WORDS[action];
  const scope = served.namespaced ? 'Namespaced' : '';
  const collection = action === 'deletecollection' ? 'Collection' : '';
  return {
    path,
    method,
    action,
    id: `${word}${operationGroup(served)}${collection}${scope}${kind}`,
    description: `${text} ${/^[AEIOU]/.test(kind) && action === 'post' ? 'an ' : action === 'post' || action === 'delete' ? 'a ' : ''}${kind}`,
    gvk: { group, version, kind },
    body: bodyOf(action),
    answer: answerOf(action),
  };
}

function bodyOf(action: Action): Content | undefined {
  if (action === 'post' || action === 'put') return { kind: 'object' };
  if (action === 'patch') return { kind: 'patch' };
  return action === 'delete' || action === 'deletecollection' ? { kind: 'options' } : undefined;
}

function answerOf(action: Action): Content {
  if (action === 'list') return { kind: 'list' };
  return { kind: action === 'delete' || action === 'deletecollection' ? 'status' : action === 'connect' ? 'string' : 'object' };
}

const SUBRESOURCE_VERBS: readonly [string, Action, Operation['method']][] = [['create', 'post', 'post'], ...OBJECT];
const CONNECTS = new Set(['exec', 'attach', 'portforward', 'proxy']);

function subresourceOperations(served: ServedKind, subresource: ServedSubresource, objectPath: string): Operation[] {
  const { group = served.group, version = served.version, kind, name } = subresource;
  const path = `${objectPath}/${name}`;
  const isOwn = kind === served.kind && group === served.group && version === served.version;
  const content: Content = isOwn ? { kind: 'object' } : { kind: 'other', group, version, name: kind };
  return SUBRESOURCE_VERBS.filter(([verb]) => subresource.verbs.includes(verb)).map(([, plain, method]) => {
    const action = CONNECTS.has(name) ? 'connect' : plain;
    const [word, text] = WORDS[action];
    const verb = action === 'connect' ? `connect${capital(method)}` : word;
    const isText = action === 'connect' || name === 'log';
    return {
      path,
      method,
      action,
      id: `${verb}${operationGroup(served)}${served.namespaced ? 'Namespaced' : ''}${served.kind}${capital(name)}`,
      description: `${text} ${name} of the specified ${served.kind}`,
      gvk: { group, version, kind },
      body: isText ? undefined : action === 'post' || action === 'put' ? content : bodyOf(action),
      answer: isText ? { kind: 'string' } : content,
    };
  });
}
