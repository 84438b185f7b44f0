import { fieldInvalid, fieldNotSupported, root, type FieldError } from './field-error.ts';
import { isLabelValue, isQualifiedName } from './validation/names.ts';

/** As in the string form; `exists` is the bare key. */
export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One demand on a set of labels. `values`: for `in` and `notin` any number, sorted; for `exists` and `!` none; else one. */
export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

const SIGNS: Record<SelectorOperator, string> = {
  '=': '=',
  '==': '==',
  '!=': '!=',
  in: ' in ',
  notin: ' notin ',
  exists: '',
  '!': '!',
  gt: '>',
  lt: '<',
};

/** The string form of one requirement. */
export function formatRequirement({ key, operator, values }: Requirement): string {
  if (operator === '!') return `!${key}`;
  const list = operator === 'in' || operator === 'notin' ? `(${values.join(',')})` : values.join(',');
  return key + SIGNS[operator] + list;
}

/** A whole number that fits 64 bits, as text. */
export const isInteger = (text: string | undefined): text is string => text !== undefined && /^-?\d{1,19}$/.test(text);

/** A label selector that says what no selector can. */
export class InvalidSelector extends Error {}

/** Makes a requirement. Throws InvalidSelector in the words of field errors. */
export function requirement(key: string, operator: SelectorOperator, values: readonly string[]): Requirement {
  const error = checkRequirement(key, operator, values);
  if (error !== undefined) throw new InvalidSelector(error);
  return { key, operator, values: [...new Set(values)].sort() };
}

function checkRequirement(key: string, operator: SelectorOperator, values: readonly string[]): string | undefined {
  const errors = [...checkKey(key), ...checkCount(operator, values)];
  const path = root.child('values');
  values.forEach((value, index) => {
    const texts = isLabelValue(value);
    if (texts.length > 0) errors.push(fieldInvalid(path.index(index).key(key), value, texts.join('; ')));
  });
  const texts = [...new Set(errors.map(String))];
  return texts.length > 1 ? `[${texts.join(', ')}]` : texts[0];
}

function checkKey(key: string): FieldError[] {
  const texts = isQualifiedName(key);
  return texts.length === 0 ? [] : [fieldInvalid('key', key, texts.join('; '))];
}

function checkCount(operator: SelectorOperator, values: readonly string[]): FieldError[] {
  const path = root.child('values');
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length === 0 ? [fieldInvalid(path, values, "for 'in', 'notin' operators, values set can't be empty")] : [];
    case '=':
    case '==':
    case '!=':
      return values.length === 1 ? [] : [fieldInvalid(path, values, 'exact-match compatibility requires one single value')];
    case 'exists':
    case '!':
      return values.length === 0 ? [] : [fieldInvalid(path, values, 'values set must be empty for exists and does not exist')];
    case 'gt':
    case 'lt':
      if (values.length !== 1) return [fieldInvalid(path, values, "for 'Gt', 'Lt' operators, exactly one value is required")];
      return isInteger(values[0]) ? [] : [fieldInvalid(path.index(0), values[0], "for 'Gt', 'Lt' operators, the value must be an integer")];
    default:
      return [fieldNotSupported(root.child('operator'), operator, Object.keys(SIGNS))];
  }
}
