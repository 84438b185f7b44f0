import { badRequest, fieldForbidden, fieldInvalid, invalid, root, type FieldError, type KubeObject } from '#apimachinery';
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectAccessReviewSpec,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '#api/generated/authorization-v1.ts';
import type { AuthorizationAttributes, Authorizer, UserInfo } from '../../types.ts';

const GROUP = 'authorization.k8s.io';
const spec = root.child('spec');

/** May somebody else do this? */
export async function subjectAccessReview(review: SubjectAccessReview, authorize: Authorizer): Promise<SubjectAccessReview> {
  check('SubjectAccessReview', [...checkAttributes(review.spec), ...checkSubject(review.spec)]);
  return { ...review, status: await decide(attributesOf(review.spec, subjectOf(review.spec)), authorize) };
}

/** May I do this? */
export async function selfSubjectAccessReview(
  review: SelfSubjectAccessReview,
  user: UserInfo,
  authorize: Authorizer,
): Promise<SelfSubjectAccessReview> {
  check('SelfSubjectAccessReview', checkAttributes(review.spec));
  return { ...review, status: await decide(attributesOf(review.spec, user), authorize) };
}

/** May somebody else do this in the namespace of the request? Throws 400 when the review names another. */
export async function localSubjectAccessReview(
  review: LocalSubjectAccessReview,
  namespace: string,
  authorize: Authorizer,
): Promise<LocalSubjectAccessReview> {
  check('LocalSubjectAccessReview', [...checkAttributes(review.spec), ...checkSubject(review.spec), ...checkLocal(review)]);
  if (review.spec.resourceAttributes?.namespace !== namespace) {
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
  }
  return { ...review, status: await decide(attributesOf(review.spec, subjectOf(review.spec)), authorize) };
}

function check(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: GROUP, kind }, '', errors);
}

function checkAttributes({ resourceAttributes, nonResourceAttributes }: SelfSubjectAccessReviewSpec): FieldError[] {
  if (resourceAttributes && nonResourceAttributes) {
    return [
      fieldInvalid(
        spec.child('nonResourceAttributes'),
        nonResourceAttributes,
        'cannot be specified in combination with resourceAttributes',
      ),
    ];
  }
  if (resourceAttributes || nonResourceAttributes) return [];
  const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  return [fieldInvalid(spec.child('resourceAttributes'), resourceAttributes, why)];
}

function checkSubject({ user, groups }: SubjectAccessReviewSpec): FieldError[] {
  if (user || groups?.length) return [];
  return [fieldInvalid(spec.child('user'), user ?? '', 'at least one of user or group must be specified')];
}

function checkLocal({ metadata, spec: wanted }: LocalSubjectAccessReview): FieldError[] {
  if (wanted.nonResourceAttributes) return [fieldForbidden(spec.child('nonResourceAttributes'), 'disallowed on this kind of request')];
  const namespace = wanted.resourceAttributes?.namespace ?? '';
  if (metadata.namespace === undefined || namespace === metadata.namespace) return [];
  return [fieldInvalid(spec.child('resourceAttributes', 'namespace'), namespace, 'must match metadata.namespace')];
}

function subjectOf({ user, groups, uid, extra }: SubjectAccessReviewSpec): UserInfo {
  return { name: user ?? '', groups: groups ?? [], ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: SelfSubjectAccessReviewSpec, user: UserInfo): AuthorizationAttributes {
  const { fieldSelector, labelSelector, ...resource } = resourceAttributes ?? {};
  return {
    user,
    isResource: !nonResourceAttributes,
    path: nonResourceAttributes?.path ?? '',
    verb: (nonResourceAttributes ?? resource).verb ?? '',
    group: resource.group ?? '',
    version: resource.version ?? '',
    resource: resource.resource ?? '',
    subresource: resource.subresource ?? '',
    namespace: resource.namespace ?? '',
    name: resource.name ?? '',
    fieldSelector: selectorText(fieldSelector),
    labelSelector: selectorText(labelSelector),
  };
}

/** Requirements in the text form of selectors; what has none (`Exists` of a field) narrows nothing down. */
function selectorText(selector: FieldSelectorAttributes | LabelSelectorAttributes | undefined): string | undefined {
  if (!selector) return undefined;
  if (selector.rawSelector) return selector.rawSelector;
  const terms = (selector.requirements ?? []).flatMap(({ key, operator, values = [] }) => {
    if (operator === 'In') return [values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(',')})`];
    if (operator === 'NotIn') return [values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${values.join(',')})`];
    return [];
  });
  return terms.length === 0 ? undefined : terms.join(',');
}

async function decide(attributes: AuthorizationAttributes, authorize: Authorizer): Promise<SubjectAccessReviewStatus> {
  const { decision, reason } = await authorize(attributes);
  return {
    allowed: decision === 'allow',
    ...(decision === 'deny' ? { denied: true } : {}),
    ...(reason === '' ? {} : { reason }),
  };
}

/** The group under which a v1beta1 review names its groups: `group` in place of `groups`. */
export function normalized<T extends KubeObject>(review: T): T {
  const { spec: wanted } = review as T & { spec?: { group?: string[]; groups?: string[] } };
  if (wanted?.group === undefined || wanted.groups !== undefined) return review;
  return { ...review, spec: { ...wanted, groups: wanted.group } };
}
