import { expect, test } from 'vitest';
import * as rules from '../index.ts';

const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const QUALIFIED_TEXT =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

test.each<[string, rules.StringRule, string[]]>([
  ['label', rules.isDns1123Label, ['a', '0', 'a-b', 'a'.repeat(63)]],
  ['subdomain', rules.isDns1123Subdomain, ['a', 'a.b-c.d', '1.2', 'a'.repeat(253)]],
  ['subdomain with underscore', rules.isDns1123SubdomainWithUnderscore, ['_sip._tcp.a', 'a_b']],
  ['1035 label', rules.isDns1035Label, ['a', 'a-0']],
  ['wildcard', rules.isWildcardDns1123Subdomain, ['*.a', '*.a.b']],
  ['qualified name', rules.isQualifiedName, ['a', 'A.b_c-d', 'example.com/A', 'a.b/0']],
  ['label value', rules.isLabelValue, ['', 'a', 'A_b.c-d', '0'.repeat(63)]],
  ['port name', rules.isPortName, ['http', 'a-1', '1a', 'abcdefghijklmno']],
  ['variable', rules.isEnvVarName, ['A', '_a.b-c', '.a']],
  ['relaxed variable', rules.isRelaxedEnvVarName, ['1 a', '..', '~']],
  ['key', rules.isConfigMapKey, ['a', 'A.b_c-d', '.a', 'a'.repeat(253)]],
  ['percent', rules.isPercent, ['0%', '100%', '1000%']],
  ['header', rules.isHttpHeaderName, ['X-A', 'a']],
  ['identifier', rules.isCIdentifier, ['a', '_A1']],
  ['ip', rules.isIPAddress, ['1.2.3.4', '::', '2001:db8::ffff', '255.255.255.255']],
  ['cidr', rules.isCidr, ['10.0.0.0/8', '::/0', '2001:db8::/64', '1.2.3.4/32', '0.0.0.0/0']],
  ['socket address', rules.isSocketAddress, ['0.0.0.0:10254', '[::]:10254', ':80']],
])('a good %s is let through', (_name, rule, values) => {
  expect(values.flatMap(rule)).toEqual([]);
});

test.each<[rules.StringRule, string, string[]]>([
  [rules.isDns1123Label, 'A', [LABEL_TEXT]],
  [rules.isDns1123Label, '', [LABEL_TEXT]],
  [rules.isDns1123Label, 'a.b', ['must not contain dots']],
  [rules.isDns1123Label, 'a'.repeat(64), ['must be no more than 63 characters']],
  [rules.isDns1123Label, '-', [LABEL_TEXT]],
  [rules.isDns1123Subdomain, 'a..b', [SUBDOMAIN_TEXT]],
  [rules.isDns1123Subdomain, 'a\n', [SUBDOMAIN_TEXT]],
  [rules.isDns1123Subdomain, 'a'.repeat(254), ['must be no more than 253 characters']],
  [
    rules.isDns1035Label,
    '1a',
    [
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ],
  ],
  [rules.isQualifiedName, '', ['name part must be non-empty', `name part ${QUALIFIED_TEXT}`]],
  [rules.isQualifiedName, '/a', ['prefix part must be non-empty']],
  [rules.isQualifiedName, 'A/a', [`prefix part ${SUBDOMAIN_TEXT}`]],
  [
    rules.isQualifiedName,
    'a/b/c',
    [`a qualified name ${QUALIFIED_TEXT} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ],
  [rules.isQualifiedName, 'a'.repeat(64), ['name part must be no more than 63 bytes']],
  [rules.isLabelValue, 'a'.repeat(64), ['must be no more than 63 bytes']],
  [
    rules.isLabelValue,
    'a b',
    [
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
  ],
  [rules.isPortName, 'a'.repeat(16), ['must be no more than 15 characters']],
  [rules.isPortName, '80', ['must contain at least one letter (a-z)']],
  [rules.isPortName, '-a--b', ['must not contain consecutive hyphens', 'must not begin or end with a hyphen']],
  [
    rules.isPortName,
    'A',
    ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)', 'must contain at least one letter (a-z)'],
  ],
  [rules.isRelaxedEnvVarName, 'a=b', ["a valid environment variable name must consist only of printable ASCII characters other than '='"]],
  [rules.isRelaxedEnvVarName, '', ['environment variable name must be non-empty']],
  [rules.isConfigMapKey, '..', ["must not be '..'"]],
  [rules.isConfigMapKey, '..a', ["must not start with '..'"]],
  [
    rules.isConfigMapKey,
    'a/b',
    [
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
  ],
  [rules.isIPAddress, '1.2.3', ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
  [rules.isIPAddress, 'fe80::1%eth0', ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
  [rules.isIPAddress, '010.0.0.1', ['must not have leading 0s']],
  [rules.isIPAddress, '::ffff:1.2.3.4', ['must not be an IPv4-mapped IPv6 address']],
  [rules.isCidr, '10.0.0.0', ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
  [rules.isCidr, '10.0.0.0/33', ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
  [rules.isCidr, '10.0.0.1/8', ['must not have bits set beyond the prefix length']],
  [rules.isCidr, '2001:db8::1/64', ['must not have bits set beyond the prefix length']],
  [rules.isCanonicalIPAddress, '2001:DB8::0', ['must be in canonical form ("2001:db8::")']],
  [rules.isCanonicalIPAddress, 'fe80:0:0:1:0:0:0:1', ['must be in canonical form ("fe80:0:0:1::1")']],
  [rules.isCanonicalIPAddress, '10.0.0.1', []],
  [rules.isCanonicalCidr, '2001:DB8::/64', ['must be in canonical form ("2001:db8::/64")']],
  [rules.isCanonicalCidr, '10.0.0.0/8', []],
  [rules.isCidr, '10.0.0.0/08', ['must not have leading 0s in IP or prefix length']],
])('%o says of %o what is wrong', (rule, value, texts) => {
  expect(rule(value)).toEqual(texts);
});

test('a generateName may end with a dash, a name may not', () => {
  expect(rules.nameIsDnsSubdomain('web-', true)).toEqual([]);
  expect(rules.nameIsDnsSubdomain('web-', false)).toEqual([SUBDOMAIN_TEXT]);
  expect(rules.nameIsDnsLabel('-', true)).toEqual([LABEL_TEXT]);
});

test('path segments may hold anything but what leads elsewhere', () => {
  expect(rules.isPathSegmentName('system:node', false)).toEqual([]);
  expect(rules.isPathSegmentName('..', false)).toEqual(["may not be '..'"]);
  expect(rules.isPathSegmentName('..', true)).toEqual([]);
  expect(rules.isPathSegmentName('a/b%', false)).toEqual(["may not contain '/'", "may not contain '%'"]);
});

test('numbers outside of their range are told the range', () => {
  expect(rules.isPortNumber(0)).toEqual(['must be between 1 and 65535, inclusive']);
  expect(rules.isPortNumber(65535)).toEqual([]);
  expect(rules.isUserId(-1)).toEqual(['must be between 0 and 2147483647, inclusive']);
});

test.each(['::', '::1', '1::', '1:2:3:4:5:6:7:8', '2001:db8:0:1::1', '1:0:2::3', '10.0.0.1', '255.255.255.255', '1:0:2:0:3:0:4:0'])(
  '%s is its own canonical form',
  (address) => {
    expect(rules.formatIP(rules.parseIP(address)!)).toBe(address);
  },
);

test('addresses become numbers', () => {
  expect(rules.parseIP('1.2.3.4')).toEqual({ version: 4, bits: 0x01020304n });
  expect(rules.parseIP('2001:db8::1')).toEqual({ version: 6, bits: 0x20010db8000000000000000000000001n });
  expect(rules.parseIP('::ffff:1.2.3.4')?.bits).toBe(0xffff01020304n);
  expect(rules.parseIP('nonsense')).toBeUndefined();
});
