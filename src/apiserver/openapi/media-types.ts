import type { ServedKind } from './served-kind.ts';
import type { Operation } from './operations.ts';

const OBJECT = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const LIST = [...OBJECT, 'application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];
const PATCH = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

/** The content types of an operation's body. Custom resources know no strategic merge patch. */
export function bodyTypes(served: ServedKind, { body }: Operation): readonly string[] {
  if (body?.kind !== 'patch') return ['*/*'];
  return served.customSchema === undefined ? PATCH : PATCH.filter((type) => !type.includes('strategic'));
}

/** The content types of an operation's answer. */
export function answerTypes({ answer }: Operation): readonly string[] {
  if (answer.kind === 'string') return ['*/*'];
  return answer.kind === 'list' ? LIST : OBJECT;
}

/** The status codes of success, with what they are called. */
export function successCodes({ action }: Operation): readonly [code: number, description: string][] {
  if (action === 'post')
    return [
      [200, 'OK'],
      [201, 'Created'],
      [202, 'Accepted'],
    ];
  if (action === 'put' || action === 'patch')
    return [
      [200, 'OK'],
      [201, 'Created'],
    ];
  return action === 'delete'
    ? [
        [200, 'OK'],
        [202, 'Accepted'],
      ]
    : [[200, 'OK']];
}
