import { checkOneOf } from '../checks.ts';
import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isDns1035Label,
  isDns1123Subdomain,
  root,
  validateByRule,
  validateLabelSelector,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { validateClientConfig } from './client-config-validation.ts';
import { validateMatchConditions } from './match-condition-validation.ts';
import { validateRuleWithOperations } from './rule-validation.ts';
import type { MutatingWebhook, ValidatingWebhook } from '../generated/admissionregistration-v1.ts';

/** The versions of AdmissionReview that this server sends. */
const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const MAX_TIMEOUT_SECONDS = 30;
const webhooksPath = root.child('webhooks');

/** What is wrong with the webhooks of a configuration. */
export function validateWebhooks(webhooks: readonly (ValidatingWebhook | MutatingWebhook)[]): FieldError[] {
  const names = new Set<string>();
  return webhooks.flatMap((webhook, i) => {
    const path = webhooksPath.index(i);
    const errors = validateWebhook(webhook, path);
    if (names.has(webhook.name)) errors.push(fieldDuplicate(path.child('name'), webhook.name));
    names.add(webhook.name);
    return errors;
  });
}

function validateWebhook(webhook: ValidatingWebhook | MutatingWebhook, path: FieldPath): FieldError[] {
  const { rules = [], failurePolicy, matchPolicy, timeoutSeconds, namespaceSelector, objectSelector, matchConditions = [] } = webhook;
  const errors = [
    ...validateReviewVersions(webhook.admissionReviewVersions ?? [], path.child('admissionReviewVersions')),
    ...validateQualifiedDomain(webhook.name, path.child('name')),
    ...rules.flatMap((rule, i) => validateRuleWithOperations(rule, path.child('rules').index(i))),
    ...checkOneOf(path.child('failurePolicy'), failurePolicy, ['Fail', 'Ignore']),
    ...checkOneOf(path.child('matchPolicy'), matchPolicy, ['Equivalent', 'Exact']),
    ...validateSideEffects(webhook.sideEffects, path.child('sideEffects')),
  ];
  if (timeoutSeconds !== undefined && (timeoutSeconds > MAX_TIMEOUT_SECONDS || timeoutSeconds < 1)) {
    errors.push(
      fieldInvalid(path.child('timeoutSeconds'), timeoutSeconds, `the timeout value must be between 1 and ${MAX_TIMEOUT_SECONDS} seconds`),
    );
  }
  errors.push(...validateLabelSelector(namespaceSelector, path.child('namespaceSelector')));
  errors.push(...validateLabelSelector(objectSelector, path.child('objectSelector')));
  if ('reinvocationPolicy' in webhook) {
    errors.push(...checkOneOf(path.child('reinvocationPolicy'), webhook.reinvocationPolicy, ['IfNeeded', 'Never']));
  }
  errors.push(...validateClientConfig(webhook.clientConfig, path.child('clientConfig')));
  return [...errors, ...validateMatchConditions(matchConditions, path.child('matchConditions'))];
}

function validateSideEffects(sideEffects: string | undefined, path: FieldPath): FieldError[] {
  if (sideEffects === undefined) return [fieldRequired(path, 'must specify one of None, NoneOnDryRun')];
  const supported = ['None', 'NoneOnDryRun'];
  // Configurations of v1beta1 may still say that they do not know.
  return [...supported, 'Some', 'Unknown'].includes(sideEffects) ? [] : [fieldNotSupported(path, sideEffects, supported)];
}

function validateReviewVersions(versions: readonly string[], path: FieldPath): FieldError[] {
  if (versions.length === 0) return [fieldRequired(path, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)];
  const errors = versions.flatMap((version, i) => validateByRule(version, isDns1035Label, path.index(i)));
  for (const [i, version] of versions.entries()) {
    if (versions.indexOf(version) < i) errors.push(fieldInvalid(path.index(i), version, 'duplicate version'));
  }
  if (errors.length === 0 && !versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    errors.push(fieldInvalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`));
  }
  return errors;
}

/** A name of at least three segments, which is how webhooks are told apart all over the world. */
function validateQualifiedDomain(name: string | undefined, path: FieldPath): FieldError[] {
  if (!name) return [fieldRequired(path)];
  const errors = validateByRule(name, isDns1123Subdomain, path);
  if (errors.length > 0 || name.split('.').length >= 3) return errors;
  return [fieldInvalid(path, name, 'should be a domain with at least three segments separated by dots')];
}
