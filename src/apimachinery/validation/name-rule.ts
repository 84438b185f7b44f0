/** Tells what is wrong with a value, in the API's words; an empty list: nothing. */
export type StringRule = (value: string) => string[];
/** Tells what is wrong with a name; with `prefix` it is a `generateName`, to which a suffix will be added. */
export type NameRule = (name: string, prefix: boolean) => string[];

/** Of a part that may not be empty. */
export const EMPTY_TEXT = 'must be non-empty';
/** `must be no more than 63 characters`. */
export const maxLengthText = (length: number): string => `must be no more than ${length} characters`;
/** `must be no more than 63 bytes`: how labels and qualified names say it. */
export const maxBytesText = (length: number): string => `must be no more than ${length} bytes`;
/** `must be between 1 and 65535, inclusive`. */
export const rangeText = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;

/** Adds examples and the expression itself to the text about a value that does not match. */
export function regexText(message: string, expression: string, ...examples: readonly string[]): string {
  const used = `regex used for validation is '${expression}')`;
  if (examples.length === 0) return `${message} (${used}`;
  return `${message} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}${used}`;
}

/** Whether the text takes more than `max` bytes in UTF-8, which is what the API counts. */
export function longerThan(value: string, max: number): boolean {
  return value.length > max || (value.length * 3 > max && Buffer.byteLength(value) > max);
}

interface Pattern {
  expression: string;
  message: string;
  examples: readonly string[];
  maxLength?: number;
  lengthText?: (length: number) => string;
}

/** Makes the rule that a value must match an expression and be no longer than `maxLength` bytes. */
export function patternRule(pattern: Pattern): StringRule {
  const { expression, maxLength = Infinity, lengthText = maxLengthText } = pattern;
  const whole = new RegExp(`^(?:${expression})$`);
  const mismatch = regexText(pattern.message, expression, ...pattern.examples);
  return (value) => {
    const problems: string[] = [];
    if (longerThan(value, maxLength)) problems.push(lengthText(maxLength));
    if (!whole.test(value)) problems.push(mismatch);
    return problems;
  };
}

/** Makes a rule for names of a rule for strings. Of a prefix a trailing dash is fine: the suffix follows it. */
export function nameRule(rule: StringRule): NameRule {
  return (name, prefix) => rule(prefix ? withoutTrailingDash(name) : name);
}

function withoutTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}
