import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isDns1123Subdomain,
  objectEqual,
  root,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { problemOfCertificates, problemOfRequest } from './pem.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../generated/certificates-v1.ts';

const specPath = root.child('spec');
const statusPath = root.child('status');
const MIN_EXPIRATION_SECONDS = 600;

/** What a certificate may be asked to be good for, in the order of the error's list. */
const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

/** What is wrong with a request on its own. */
export function validateCertificateSigningRequest({ spec }: CertificateSigningRequest): FieldError[] {
  const errors: FieldError[] = [];
  const problem = problemOfRequest(spec.request ?? '');
  if (problem !== undefined) errors.push(fieldInvalid(specPath.child('request'), spec.request ?? '', problem));
  const usages = spec.usages ?? [];
  const usagesPath = specPath.child('usages');
  if (usages.length === 0) errors.push(fieldRequired(usagesPath));
  for (const [i, usage] of usages.entries()) {
    if (!USAGES.includes(usage)) errors.push(fieldNotSupported(usagesPath.index(i), usage, USAGES));
    if (usages.indexOf(usage) < i) errors.push(fieldDuplicate(usagesPath.index(i), usage));
  }
  errors.push(...validateSignerName(spec.signerName, specPath.child('signerName')));
  const { expirationSeconds } = spec;
  if (expirationSeconds !== undefined && expirationSeconds < MIN_EXPIRATION_SECONDS) {
    errors.push(
      fieldInvalid(
        specPath.child('expirationSeconds'),
        expirationSeconds,
        `may not specify a duration less than ${MIN_EXPIRATION_SECONDS} seconds (10 minutes)`,
      ),
    );
  }
  return errors;
}

/** Conditions and certificate fit together, and what has been decided or issued stays so. */
export function validateCertificateSigningRequestStatus(object: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  const { conditions = [], certificate } = object.status;
  const errors = validateConditions(conditions, statusPath.child('conditions'));
  const certificatePath = statusPath.child('certificate');
  if (certificate) {
    const problem = problemOfCertificates(certificate);
    if (problem !== undefined) errors.push(fieldInvalid(certificatePath, '<certificate data>', problem));
  }
  if (old.status?.certificate && certificate !== old.status.certificate) {
    errors.push(fieldForbidden(certificatePath, 'updates may not modify a certificate that has been issued'));
  }
  for (const type of ['Approved', 'Denied', 'Failed']) {
    const before = old.status?.conditions?.filter((condition) => condition.type === type) ?? [];
    const after = conditions.filter((condition) => condition.type === type);
    if (before.length > after.length) {
      errors.push(fieldForbidden(statusPath.child('conditions'), `updates may not remove a condition of type "${type}"`));
    } else if (type !== 'Failed' && before.some((condition, i) => !sameDecision(condition, after[i]))) {
      errors.push(fieldForbidden(statusPath.child('conditions'), `updates may not modify a condition of type "${type}"`));
    }
  }
  return errors;
}

function sameDecision(a: CertificateSigningRequestCondition, b: CertificateSigningRequestCondition | undefined): boolean {
  return (
    b !== undefined &&
    objectEqual({ ...a, lastUpdateTime: null, lastTransitionTime: null }, { ...b, lastUpdateTime: null, lastTransitionTime: null })
  );
}

function validateConditions(conditions: readonly CertificateSigningRequestCondition[], path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { type, status }] of conditions.entries()) {
    const at = path.index(i);
    if (!type) errors.push(fieldRequired(at.child('type')));
    if (!status) errors.push(fieldRequired(at.child('status')));
    else if (['Approved', 'Denied', 'Failed'].includes(type) && status !== 'True')
      errors.push(fieldNotSupported(at.child('status'), status, ['True']));
    if (seen.has(type)) errors.push(fieldDuplicate(at.child('type'), type));
    seen.add(type);
    if ((type === 'Approved' && seen.has('Denied')) || (type === 'Denied' && seen.has('Approved'))) {
      errors.push(fieldInvalid(at.child('type'), type, 'Approved and Denied conditions are mutually exclusive'));
    }
  }
  return errors;
}

/** A signer's name is a domain and a path: `example.com/my-signer`. */
function validateSignerName(signerName: string | undefined, path: FieldPath): FieldError[] {
  if (!signerName) return [fieldRequired(path)];
  const segments = signerName.split('/');
  if (segments.length !== 2) {
    return [fieldInvalid(path, signerName, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  }
  const [domain = '', name = ''] = segments;
  const errors = isDns1123Subdomain(domain).map((text) => fieldInvalid(path, domain, `validating label "${domain}": ${text}`));
  if (!domain.includes('.')) errors.push(fieldInvalid(path, signerName, 'should be a domain with at least two segments separated by dots'));
  errors.push(...isDns1123Subdomain(name).map((text) => fieldInvalid(path, name, `validating label "${name}": ${text}`)));
  return errors;
}
