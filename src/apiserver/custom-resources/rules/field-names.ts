const RESERVED = new Set([
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
]);
const ACCESSIBLE = /^[a-zA-Z_./-][a-zA-Z0-9_./-]*$/;

/** What rules call a field: reserved words and signs that names may not have are written out. Undefined: out of their reach. */
export function nameInRules(field: string): string | undefined {
  if (!ACCESSIBLE.test(field) || field === 'constructor') return undefined;
  if (RESERVED.has(field)) return `__${field}__`;
  return field.replaceAll('__', '__underscores__').replaceAll('.', '__dot__').replaceAll('-', '__dash__').replaceAll('/', '__slash__');
}
