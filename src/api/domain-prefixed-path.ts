import { isDns1123Subdomain } from '#apimachinery';

const PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/** The rule for names such as `example.com/ingress`: a domain, a slash, and a path. */
export function isDomainPrefixedPath(value: string): string[] {
  const slash = value.indexOf('/');
  const domain = value.slice(0, slash);
  const path = value.slice(slash + 1);
  if (slash <= 0 || path === '') return ['must be a domain-prefixed path (such as "acme.io/foo")'];
  const errors = isDns1123Subdomain(domain);
  if (!PATH.test(path)) errors.push(`Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')`);
  return errors;
}
