import {
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  isDns1035Label,
  isDns1123Subdomain,
  root,
  validateByRule,
  validateRange,
  type FieldError,
} from '#apimachinery';
import type { APIService } from '../generated/apiregistration-v1.ts';

const specPath = root.child('spec');

/** What is wrong with a service of the API on its own: its name says what it serves. */
export function validateAPIService({ metadata, spec }: APIService): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum, versionPriority } = spec;
  const errors: FieldError[] = [];
  const expected = `${version}.${group}`;
  if (metadata.name !== expected) {
    errors.push(fieldInvalid(root.child('metadata', 'name'), metadata.name, `must be \`spec.version+"."+spec.group\`: "${expected}"`));
  }
  if (group !== '') errors.push(...validateByRule(group, isDns1123Subdomain, specPath.child('group')));
  errors.push(...validateByRule(version, isDns1035Label, specPath.child('version')));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20000) {
    errors.push(fieldInvalid(specPath.child('groupPriorityMinimum'), groupPriorityMinimum, 'must be positive and less than 20000'));
  }
  if (versionPriority <= 0 || versionPriority > 1000) {
    errors.push(fieldInvalid(specPath.child('versionPriority'), versionPriority, 'must be positive and less than 1000'));
  }
  return [...errors, ...(spec.service === undefined ? validateLocal({ spec }) : validateRemote({ spec }))];
}

/** Every condition has a status that there is. */
export function validateAPIServiceStatus({ status }: APIService): FieldError[] {
  return (status.conditions ?? []).flatMap((condition, i) =>
    ['True', 'False', 'Unknown'].includes(condition.status)
      ? []
      : [
          fieldInvalid(
            root.child('status', 'conditions').index(i).child('status'),
            condition.status,
            'must be one of True, False, Unknown',
          ),
        ],
  );
}

function validateLocal({ spec }: Pick<APIService, 'spec'>): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.caBundle)
    errors.push(
      fieldInvalid(
        specPath.child('caBundle'),
        `${Buffer.byteLength(spec.caBundle, 'base64')} bytes`,
        'local APIServices may not have a caBundle',
      ),
    );
  if (spec.insecureSkipTLSVerify)
    errors.push(fieldInvalid(specPath.child('insecureSkipTLSVerify'), true, 'local APIServices may not have insecureSkipTLSVerify'));
  return errors;
}

function validateRemote({ spec }: Pick<APIService, 'spec'>): FieldError[] {
  const path = specPath.child('service');
  const errors: FieldError[] = [];
  if (!spec.service?.namespace) errors.push(fieldRequired(path.child('namespace')));
  if (!spec.service?.name) errors.push(fieldRequired(path.child('name')));
  errors.push(...validateRange(spec.service?.port ?? 443, 1, 65535, path.child('port')));
  if (spec.insecureSkipTLSVerify && spec.caBundle)
    errors.push(fieldForbidden(specPath.child('insecureSkipTLSVerify'), 'may not be true if caBundle is present'));
  return errors;
}
