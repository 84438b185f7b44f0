import { maxBytesText, maxLengthText, longerThan, nameRule, patternRule, regexText, type NameRule, type StringRule } from './name-rule.ts';

/** In bytes. */
export const DNS1123_LABEL_MAX_LENGTH = 63;
/** In bytes. */
export const DNS1123_SUBDOMAIN_MAX_LENGTH = 253;
/** In bytes. */
export const DNS1035_LABEL_MAX_LENGTH = 63;

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const UNDERSCORE_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';

const labelExpression = new RegExp(`^${LABEL}$`);
const subdomainExpression = new RegExp(`^${SUBDOMAIN}$`);
const LABEL_TEXT = regexText(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  LABEL,
  'my-name',
  '123-abc',
);

/** A name that is one part of a host name: namespaces, containers. At most 63 bytes. */
export const isDns1123Label: StringRule = (value) => {
  const problems: string[] = [];
  if (longerThan(value, DNS1123_LABEL_MAX_LENGTH)) problems.push(maxLengthText(DNS1123_LABEL_MAX_LENGTH));
  if (!labelExpression.test(value)) problems.push(subdomainExpression.test(value) ? 'must not contain dots' : LABEL_TEXT);
  return problems;
};

const SUBDOMAIN_PATTERN = {
  expression: SUBDOMAIN,
  message:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  examples: ['example.com'],
  maxLength: DNS1123_SUBDOMAIN_MAX_LENGTH,
};

/** A host name in lower case: what most objects' names must be. At most 253 bytes. */
export const isDns1123Subdomain: StringRule = patternRule(SUBDOMAIN_PATTERN);

/** The same as the part of a label key before the slash, whose length is worded in bytes. */
export const isLabelKeyPrefix: StringRule = patternRule({ ...SUBDOMAIN_PATTERN, lengthText: maxBytesText });

/** A host name whose parts may begin with or contain an underscore: DNS search domains. */
export const isDns1123SubdomainWithUnderscore: StringRule = patternRule({
  expression: `${UNDERSCORE_LABEL}(\\.${UNDERSCORE_LABEL})*`,
  message:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  examples: ['example.com'],
  maxLength: DNS1123_SUBDOMAIN_MAX_LENGTH,
});

/** Like an RFC 1123 label, but it begins with a letter: services. At most 63 bytes. */
export const isDns1035Label: StringRule = patternRule({
  expression: '[a-z]([-a-z0-9]*[a-z0-9])?',
  message:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  examples: ['my-name', 'abc-123'],
  maxLength: DNS1035_LABEL_MAX_LENGTH,
});

/** `*.` and a host name: ingress hosts. */
export const isWildcardDns1123Subdomain: StringRule = patternRule({
  expression: `\\*\\.${SUBDOMAIN}`,
  message:
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  examples: ['*.example.com'],
  maxLength: DNS1123_SUBDOMAIN_MAX_LENGTH,
});

/** The rule for most kinds' names. */
export const nameIsDnsSubdomain: NameRule = nameRule(isDns1123Subdomain);
/** The rule for names that become one part of a host name. */
export const nameIsDnsLabel: NameRule = nameRule(isDns1123Label);
/** The rule for names of Services. */
export const nameIsDns1035Label: NameRule = nameRule(isDns1035Label);
/** Namespaces' names. */
export const validateNamespaceName: NameRule = nameIsDnsLabel;
/** Service accounts' names. */
export const validateServiceAccountName: NameRule = nameIsDnsSubdomain;
