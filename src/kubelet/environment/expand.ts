/**
 * Replaces `$(NAME)` by the variable's value. Unknown names stay as they are, `$$` stands for one dollar sign, and any
 * other use of `$` is plain text.
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  if (!text.includes('$')) return text;
  return text.replace(/\$(?:(\$)|\(([^)]*)\))/g, (whole, dollar: string | undefined, name: string | undefined) => {
    if (dollar !== undefined) return '$';
    return variables.get(name ?? '') ?? whole;
  });
}
