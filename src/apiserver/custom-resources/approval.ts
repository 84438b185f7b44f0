import type { CustomResourceDefinition } from '#api/generated/apiextensions-v1.ts';
import { fieldInvalid, fieldRequired, root, type FieldError } from '#apimachinery';
import type { NewCondition } from './conditions.ts';

const ANNOTATION = 'api-approved.kubernetes.io';
const TYPE = 'KubernetesAPIApprovalPolicyConformant';
const ADVICE = `see https://github.com/kubernetes/enhancements/pull/1111`;

const isProtected = ({ spec: { group } }: CustomResourceDefinition): boolean =>
  ['k8s.io', 'kubernetes.io'].some((suffix) => group === suffix || group.endsWith(`.${suffix}`));

/** Groups of the Kubernetes community need somebody's approval. */
export function validateApproval(definition: CustomResourceDefinition): FieldError[] {
  if (!isProtected(definition)) return [];
  const path = root.child('metadata', 'annotations').key(ANNOTATION);
  const text = definition.metadata.annotations?.[ANNOTATION] ?? '';
  if (text === '') return [fieldRequired(path, `protected groups must have approval annotation "${ANNOTATION}", ${ADVICE}`)];
  if (text.startsWith('unapproved') || URL.canParse(text)) return [];
  return [
    fieldInvalid(
      path,
      text,
      `protected groups must have approval annotation "${ANNOTATION}" with either a URL or a reason starting with "unapproved", ${ADVICE}`,
    ),
  ];
}

/** What the definition says about its approval; undefined for groups that need none. */
export function approvalCondition(definition: CustomResourceDefinition): NewCondition | undefined {
  if (!isProtected(definition)) return undefined;
  const text = definition.metadata.annotations?.[ANNOTATION] ?? '';
  if (text === '')
    return {
      type: TYPE,
      status: 'False',
      reason: 'MissingAnnotation',
      message: `protected groups must have approval annotation "${ANNOTATION}", ${ADVICE}`,
    };
  if (text.startsWith('unapproved'))
    return { type: TYPE, status: 'False', reason: 'UnapprovedAnnotation', message: `not approved: "${text}"` };
  return { type: TYPE, status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${text}` };
}
