import { InvalidSelector, nothing, selectorOf, type KubeObject, type LabelSelector, type Selector } from '#apimachinery';
import type { AdmissionAttributes, ObjectReader } from '../../types.ts';
import { ruleMatches, type OperationRule, type RuleSubject } from './rules.ts';
import type { Forms, RequestForm } from './request-form.ts';

/** Which writes a webhook or a policy wants to see, as it stands in its object. */
export interface Match {
  rules: readonly OperationRule[];
  excludedRules?: readonly OperationRule[];
  /** `Equivalent` (the default): a write through another version or group of the same resource counts, too. */
  matchPolicy?: string;
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
}

/** A match made ready for use. */
export interface Criteria {
  /** In which form the write is to be shown; undefined when the rules are about something else. */
  formOf(attributes: AdmissionAttributes): RequestForm | undefined;
  /** Whether rules name single objects. */
  usesNames: boolean;
  /** Whether the namespace and the objects have the labels that are wanted. */
  selects(attributes: AdmissionAttributes, reader: ObjectReader): boolean;
}

const NAMESPACES = { group: '', resource: 'namespaces' };

/** Resources that configure admission itself: nothing configured by them may stand in the way of repairing them. */
const EXEMPT = new Set([
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
]);

/** True for writes that no webhook and no policy may see. */
export function isExempt({ resource, operation, subresource }: AdmissionAttributes): boolean {
  if (resource.group === 'admissionregistration.k8s.io' && EXEMPT.has(resource.resource)) return true;
  // Inside, an eviction ends as a deletion and a binding as an update; outside, both were admitted as what they are.
  return (subresource === 'eviction' && operation === 'DELETE') || (subresource === 'binding' && operation === 'UPDATE');
}

/** Compiles a match. A selector that is wrong selects nothing. */
export function criteriaOf(match: Match, forms: Forms): Criteria {
  const namespaceSelector = compiled(match.namespaceSelector);
  const objectSelector = compiled(match.objectSelector);
  const usesNames = [...match.rules, ...(match.excludedRules ?? [])].some(({ resourceNames = [] }) => resourceNames.length > 0);
  return {
    usesNames,
    formOf: (attributes) => findForm(match, attributes, forms),
    selects: (attributes, reader) =>
      (namespaceSelector.isEverything || namespaceMatches(namespaceSelector, attributes, reader)) &&
      (objectSelector.isEverything || matches(objectSelector, attributes.object) || matches(objectSelector, attributes.oldObject)),
  };
}

function compiled(selector: LabelSelector = {}): Selector {
  try {
    return selectorOf(selector);
  } catch (error) {
    if (error instanceof InvalidSelector) return nothing;
    throw error;
  }
}

function findForm(match: Match, attributes: AdmissionAttributes, forms: Forms): RequestForm | undefined {
  const as = (form: RequestForm): RuleSubject => ({
    ...form.resource,
    operation: attributes.operation,
    subresource: attributes.subresource,
    name: attributes.name,
    isClusterScoped: isClusterScoped(attributes),
  });
  const exact = forms.own(attributes);
  const candidates = match.matchPolicy === 'Exact' ? [exact] : [exact, ...forms.others(attributes)];
  const isExcluded = match.excludedRules?.some((rule) => candidates.some((form) => ruleMatches(rule, as(form)))) ?? false;
  if (isExcluded) return undefined;
  return candidates.find((form) => match.rules.some((rule) => ruleMatches(rule, as(form))));
}

export function isClusterScoped({ namespace, resource }: AdmissionAttributes): boolean {
  return namespace === '' || (resource.group === '' && resource.resource === 'namespaces');
}

/** Objects outside of namespaces are always selected; a namespace goes by its own labels. */
function namespaceMatches(selector: Selector, attributes: AdmissionAttributes, reader: ObjectReader): boolean {
  const { resource, namespace, object, oldObject, subresource } = attributes;
  if (resource.group === '' && resource.resource === 'namespaces') {
    const isWhole = object !== undefined && (subresource === '' || attributes.operation === 'UPDATE');
    return matches(selector, isWhole ? object : (oldObject ?? reader.get(NAMESPACES, '', attributes.name)));
  }
  return namespace === '' || selector.matches(reader.get(NAMESPACES, '', namespace)?.metadata.labels);
}

function matches(selector: Selector, object: KubeObject | undefined): boolean {
  return object?.metadata !== undefined && selector.matches(object.metadata.labels);
}
