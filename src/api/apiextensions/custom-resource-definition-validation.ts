import {
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  isDns1035Label,
  isDns1123Subdomain,
  objectEqual,
  root,
  validateByRule,
  validateEnum,
  validateImmutable,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { validateClientConfig } from '../admissionregistration/client-config-validation.ts';
import { validateVersion } from './version-validation.ts';
import type {
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
} from '../generated/apiextensions-v1.ts';

const specPath = root.child('spec');
const versionsPath = specPath.child('versions');
const storedPath = root.child('status', 'storedVersions');

/** What is wrong with a definition on its own. */
export function validateCustomResourceDefinition({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  const errors: FieldError[] = [];
  if (metadata.name !== `${spec.names.plural ?? ''}.${spec.group ?? ''}`) {
    errors.push(fieldInvalid(root.child('metadata', 'name'), metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  return [
    ...errors,
    ...validateGroup(spec.group, specPath.child('group')),
    ...validateEnum(spec.scope, ['Cluster', 'Namespaced'], specPath.child('scope')),
    ...validatePreserve(spec),
    ...validateNames(spec.names, specPath.child('names')),
    ...validateVersions(spec),
    ...validateConversion(spec.conversion, specPath.child('conversion')),
  ];
}

/** What objects are found by stays as it is; scope and kind only once the names have been accepted. */
export function validateCustomResourceDefinitionUpdate(object: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const { spec } = object;
  const errors = [
    ...validateImmutable(spec.group, old.spec.group, specPath.child('group')),
    ...validateImmutable(spec.names.plural, old.spec.names.plural, specPath.child('names', 'plural')),
    ...validateStoredVersions(object),
  ];
  const established = old.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
  if (!established) return errors;
  return [
    ...errors,
    ...validateImmutable(spec.scope, old.spec.scope, specPath.child('scope')),
    ...validateImmutable(spec.names.kind, old.spec.names.kind, specPath.child('names', 'kind')),
  ];
}

/** The stored versions are ones that there are, the present storage version among them. */
export function validateCustomResourceDefinitionStatus(object: CustomResourceDefinition): FieldError[] {
  return validateStoredVersions(object);
}

function validateStoredVersions({ spec, status }: CustomResourceDefinition): FieldError[] {
  const stored = status?.storedVersions ?? [];
  if (stored.length === 0) return [fieldInvalid(storedPath, stored, 'must have at least one stored version')];
  const errors = stored.flatMap((version, i) =>
    spec.versions.some(({ name }) => name === version)
      ? []
      : [
          fieldInvalid(
            storedPath.index(i),
            version,
            `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`,
          ),
        ],
  );
  const current = spec.versions.find(({ storage }) => storage)?.name;
  if (current !== undefined && !stored.includes(current))
    errors.push(fieldInvalid(storedPath, stored, `must have the storage version ${current}`));
  return errors;
}

function validateGroup(group: string | undefined, path: FieldPath): FieldError[] {
  if (!group) return [fieldRequired(path)];
  const errors = validateByRule(group, isDns1123Subdomain, path);
  if (errors.length === 0 && !group.includes('.')) errors.push(fieldInvalid(path, group, 'should be a domain with at least one dot'));
  return errors;
}

function validatePreserve({ preserveUnknownFields }: CustomResourceDefinitionSpec): FieldError[] {
  if (preserveUnknownFields !== true) return [];
  return [
    fieldInvalid(
      specPath.child('preserveUnknownFields'),
      true,
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    ),
  ];
}

function validateNames(names: CustomResourceDefinitionNames, path: FieldPath): FieldError[] {
  const errors = (['plural', 'singular', 'kind', 'listKind'] as const)
    .filter((field) => !names[field])
    .map((field) => fieldRequired(path.child(field)));
  const { plural, singular, kind, listKind, shortNames = [], categories = [] } = names;
  if (plural) errors.push(...validateByRule(plural, isDns1035Label, path.child('plural')));
  if (singular) errors.push(...validateByRule(singular, isDns1035Label, path.child('singular')));
  if (kind) errors.push(...validateKind(kind, path.child('kind')));
  if (listKind) errors.push(...validateKind(listKind, path.child('listKind')));
  if (kind && kind === listKind) errors.push(fieldInvalid(path.child('listKind'), listKind, 'kind and listKind may not be the same'));
  errors.push(...shortNames.flatMap((name, i) => validateByRule(name, isDns1035Label, path.child('shortNames').index(i))));
  return [...errors, ...categories.flatMap((name, i) => validateByRule(name, isDns1035Label, path.child('categories').index(i)))];
}

function validateKind(kind: string, path: FieldPath): FieldError[] {
  return isDns1035Label(kind.toLowerCase()).map((text) =>
    fieldInvalid(path, kind, `may have mixed case, but should otherwise match: ${text}`),
  );
}

function validateVersions({ versions }: CustomResourceDefinitionSpec): FieldError[] {
  const errors = versions.flatMap((version, i) => validateVersion(version, versionsPath.index(i)));
  const names = versions.map(({ name }) => name);
  if (new Set(names).size < names.length) errors.push(fieldInvalid(versionsPath, versions, 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(fieldInvalid(versionsPath, versions, 'must have exactly one version marked as storage version'));
  }
  return errors;
}

function validateConversion(conversion: CustomResourceConversion | undefined, path: FieldPath): FieldError[] {
  if (conversion === undefined) return [];
  const errors = validateEnum(conversion.strategy, ['None', 'Webhook'], path.child('strategy'));
  const webhookPath = path.child('webhook');
  const { strategy, webhook } = conversion;
  if (strategy !== 'Webhook') {
    return webhook === undefined || objectEqual(webhook, {})
      ? errors
      : [...errors, fieldForbidden(webhookPath, 'should not be set when strategy is not set to Webhook')];
  }
  if (webhook?.clientConfig === undefined)
    return [...errors, fieldRequired(webhookPath.child('clientConfig'), 'required when strategy is set to Webhook')];
  errors.push(...validateClientConfig(webhook.clientConfig, webhookPath.child('clientConfig')));
  const versions = webhook.conversionReviewVersions ?? [];
  const versionsAt = webhookPath.child('conversionReviewVersions');
  if (versions.length === 0) errors.push(fieldRequired(versionsAt));
  else if (!versions.some((version) => version === 'v1' || version === 'v1beta1'))
    errors.push(fieldInvalid(versionsAt, versions, 'must include at least one of v1, v1beta1'));
  return errors;
}
