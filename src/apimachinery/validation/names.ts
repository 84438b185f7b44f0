import { DNS1123_SUBDOMAIN_MAX_LENGTH, isLabelKeyPrefix } from './dns.ts';
import {
  EMPTY_TEXT,
  longerThan,
  maxBytesText,
  maxLengthText,
  patternRule,
  rangeText,
  regexText,
  type NameRule,
  type StringRule,
} from './name-rule.ts';

/** In bytes. */
export const LABEL_VALUE_MAX_LENGTH = 63;
/** In bytes, of the part after the slash. */
export const QUALIFIED_NAME_MAX_LENGTH = 63;

const QUALIFIED_NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const qualifiedNameExpression = new RegExp(`^${QUALIFIED_NAME}$`);
const QUALIFIED_NAME_TEXT = regexText(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  QUALIFIED_NAME,
  'MyName',
  'my.name',
  '123-abc',
);

/** A label's or annotation's key, a resource's name: `[prefix/]name`. */
export const isQualifiedName: StringRule = (value) => {
  const parts = value.split('/');
  if (parts.length > 2) {
    return [`a qualified name ${QUALIFIED_NAME_TEXT} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const problems: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0]!;
    const texts = prefix === '' ? [EMPTY_TEXT] : isLabelKeyPrefix(prefix);
    for (const text of texts) problems.push(`prefix part ${text}`);
  }
  const name = parts.at(-1)!;
  if (name === '') problems.push(`name part ${EMPTY_TEXT}`);
  else if (longerThan(name, QUALIFIED_NAME_MAX_LENGTH)) problems.push(`name part ${maxBytesText(QUALIFIED_NAME_MAX_LENGTH)}`);
  if (!qualifiedNameExpression.test(name)) problems.push(`name part ${QUALIFIED_NAME_TEXT}`);
  return problems;
};

/** A label's value: empty, or at most 63 bytes. */
export const isLabelValue: StringRule = patternRule({
  expression: `(${QUALIFIED_NAME})?`,
  message:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: ['MyValue', 'my_value', '12345'],
  maxLength: LABEL_VALUE_MAX_LENGTH,
  lengthText: maxBytesText,
});

/** A port's name (IANA service name). */
export const isPortName: StringRule = (value) => {
  const problems: string[] = [];
  if (longerThan(value, 15)) problems.push(maxLengthText(15));
  if (!/^[-a-z0-9]+$/.test(value)) problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
};

/** What may not be a file's name, because it leads elsewhere. */
function parentDirectoryTexts(value: string): string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

const isStrictEnvVarName = patternRule({
  expression: '[-._a-zA-Z][-._a-zA-Z0-9]*',
  message:
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
  examples: ['my.env-name', 'MY_ENV.NAME', 'MyEnvName1'],
});

/** The old, narrow rule; `isRelaxedEnvVarName` is what containers' variables obey. */
export const isEnvVarName: StringRule = (value) => [...isStrictEnvVarName(value), ...parentDirectoryTexts(value)];

/** Any printable ASCII without `=`. */
export const isRelaxedEnvVarName: StringRule = (value) => {
  if (value === '') return [`environment variable name ${EMPTY_TEXT}`];
  return /^[\x20-\x3c\x3e-\x7e]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
};

const isConfigKey = patternRule({
  expression: '[-._a-zA-Z0-9]+',
  message: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  examples: ['key.name', 'KEY_NAME', 'key-name'],
  maxLength: DNS1123_SUBDOMAIN_MAX_LENGTH,
});

/** A key of a ConfigMap or Secret: it becomes a file's name. */
export const isConfigMapKey: StringRule = (value) => [...isConfigKey(value), ...parentDirectoryTexts(value)];

/** `25%`. */
export const isPercent: StringRule = patternRule({
  expression: '[0-9]+%',
  message: "a valid percent string must be a numeric string followed by an ending '%'",
  examples: ['1%', '93%'],
});

/** `X-Header-Name`. */
export const isHttpHeaderName: StringRule = patternRule({
  expression: '[-A-Za-z0-9]+',
  message: "a valid HTTP header must consist of alphanumeric characters or '-'",
  examples: ['X-Header-Name'],
});

/** `my_name`: one part of a path in a CEL expression or an environment file. */
export const isCIdentifier: StringRule = patternRule({
  expression: '[A-Za-z_][A-Za-z0-9_]*',
  message: "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  examples: ['my_name', 'MY_NAME', 'MyName'],
});

/** Texts for a number outside of `low`…`high`. */
export function isInRange(value: number, low: number, high: number): string[] {
  return Number.isInteger(value) && value >= low && value <= high ? [] : [rangeText(low, high)];
}

/** 1 to 65535. */
export const isPortNumber = (port: number): string[] => isInRange(port, 1, 65535);
/** A Unix user's number. */
export const isUserId = (id: number): string[] => isInRange(id, 0, 2147483647);
/** A Unix group's number. */
export const isGroupId = isUserId;

/** What can stand as one part of a path: RBAC roles, API services. Of a prefix, only its characters matter. */
export const isPathSegmentName: NameRule = (name, prefix) => {
  if (!prefix && (name === '.' || name === '..')) return [`may not be '${name}'`];
  return ['/', '%'].filter((character) => name.includes(character)).map((character) => `may not contain '${character}'`);
};
