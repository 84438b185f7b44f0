/** Strings (raw or not, of one or three quotes), names with dots, and everything else sign by sign. */
const TOKEN = /[rRbB]{0,2}(?:"""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|`[^`]*`|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|\s+|[^]/g;

const STRUCT = /^(?:Object(?:\..+)?|JSONPatch)$/;
const NAME = /^[A-Za-z_]\w*$/;

/**
 * Turns the typed literals of mutations (`Object{spec: Object.spec{replicas: 3}}`, `JSONPatch{op: "add"}`) into maps, which
 * is all that is ever done with them.
 */
export function withoutTypedLiterals(expression: string): string {
  if (!/\b(?:Object|JSONPatch)\b/.test(expression)) return expression;
  const tokens = expression.match(TOKEN) ?? [];
  const open: ('struct' | 'other')[] = [];
  let isStructNext = false;
  let isKeyNext = false;
  let text = '';
  for (const [i, token] of tokens.entries()) {
    const isBlank = token.trim() === '';
    const next = isBlank ? undefined : tokens.slice(i + 1).find((other) => other.trim() !== '');
    if (isBlank) text += token;
    else if (next === '{' && STRUCT.test(token)) isStructNext = true;
    else {
      text += isKeyNext && next === ':' ? keyOf(token) : token;
      if ('{[('.includes(token)) open.push(isStructNext ? 'struct' : 'other');
      else if ('}])'.includes(token)) open.pop();
      isKeyNext = isStructNext || (token === ',' && open.at(-1) === 'struct');
      isStructNext = false;
    }
  }
  return text;
}

const ESCAPES: readonly (readonly [string, string])[] = [
  ['__dot__', '.'],
  ['__dash__', '-'],
  ['__slash__', '/'],
  ['__underscores__', '__'],
];

function keyOf(token: string): string {
  if (token.startsWith('`')) return JSON.stringify(token.slice(1, -1));
  if (!NAME.test(token)) return token;
  const reserved = /^__(\w+)__$/.exec(token)?.[1];
  if (reserved !== undefined && !ESCAPES.some(([escape]) => token.includes(escape))) return JSON.stringify(reserved);
  return JSON.stringify(ESCAPES.reduce((name, [escape, sign]) => name.replaceAll(escape, sign), token));
}
