import { badRequest } from './status-error.ts';

/** One demand on a field: that it has the value, or has not. */
export interface FieldTerm {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

const ESCAPABLE = /[\\,=]/g;

/**
 * Parses `status.phase=Running,spec.nodeName!=a`; `\,`, `\=` and `\\` stand for the character itself in values.
 * Terms come back sorted. Throws StatusError 400.
 */
export function parseFieldSelector(text: string): FieldTerm[] {
  return splitTerms(text)
    .filter((term) => term !== '')
    .sort()
    .map((term) => parseTerm(term, text));
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === ',') {
      terms.push(text.slice(start, index));
      start = index + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function parseTerm(term: string, selector: string): FieldTerm {
  const match = /!=|==|=/.exec(term);
  if (match === null) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
  const value = unescape(term.slice(match.index + match[0].length));
  return { field: term.slice(0, match.index), operator: match[0] === '!=' ? '!=' : '=', value };
}

function unescape(value: string): string {
  if (!/[\\,=]/.test(value)) return value;
  let result = '';
  for (let index = 0; index < value.length; index++) {
    const character = value[index]!;
    if (character === ',' || character === '=') {
      throw badRequest(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    }
    if (character !== '\\') {
      result += character;
      continue;
    }
    const escaped = value[++index] ?? '';
    if (escaped !== '\\' && escaped !== ',' && escaped !== '=') {
      throw badRequest(`invalid field selector: invalid escape sequence: \\${escaped}`);
    }
    result += escaped;
  }
  return result;
}

/** The string form, values escaped. */
export function formatFieldSelector(terms: readonly FieldTerm[]): string {
  return terms.map(({ field, operator, value }) => field + operator + value.replace(ESCAPABLE, '\\$&')).join(',');
}

/** Whether all terms hold; `read` gives a field's value, `''` for an empty one. */
export function matchesFields(terms: readonly FieldTerm[], read: (field: string) => string): boolean {
  for (const { field, operator, value } of terms) if ((read(field) === value) !== (operator === '=')) return false;
  return true;
}
