import { formatLabelSelector } from '../printing.ts';
import type { ParamKind, ParamRef } from '../generated/admissionregistration-v1.ts';

const UNSET = '<unset>';

/** The PARAMKIND cell of a policy: `v1/ConfigMap`. */
export function paramKindCell(kind: ParamKind | undefined): string {
  return kind === undefined ? UNSET : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`;
}

/** The PARAMREF cell of a binding: the name of the parameters with their namespace (`*` where the binding names none), or their selector. */
export function paramRefCell(ref: ParamRef | undefined): string {
  if (ref === undefined) return UNSET;
  if (!ref.name) return ref.selector ? formatLabelSelector(ref.selector) : UNSET;
  return `${ref.namespace || '*'}/${ref.name}`;
}
