import { fieldInvalid, fieldRequired, isDns1123Subdomain, validateByRule, type FieldError, type FieldPath } from '#apimachinery';

/** A whole domain name: at least two segments; a dot at the end is fine. */
export function validateDomainName(name: string, path: FieldPath): FieldError[] {
  if (name === '') return [fieldRequired(path)];
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  const errors = validateByRule(bare, isDns1123Subdomain, path);
  if (errors.length > 0) return errors;
  return bare.includes('.') ? [] : [fieldInvalid(path, bare, 'should be a domain with at least two segments separated by dots')];
}
