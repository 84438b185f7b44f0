import { badRequest, type DeleteOptions } from '#apimachinery';
import type { ListParameters } from '../registry/list.ts';
import type { FieldValidation, WriteParameters } from '../registry/request.ts';
import type { IncludeObject } from './table.ts';

/** What stands behind the `?` of a path. */
export type Query = URLSearchParams;

export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1' || value === '';
}

function optional(query: Query, name: string): string | undefined {
  return query.get(name) ?? undefined;
}

function integer(query: Query, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Number(text);
}

export function listParameters(query: Query): ListParameters {
  const match = optional(query, 'resourceVersionMatch');
  const parameters: ListParameters = {
    labelSelector: optional(query, 'labelSelector'),
    fieldSelector: optional(query, 'fieldSelector'),
    resourceVersion: optional(query, 'resourceVersion'),
    resourceVersionMatch: match,
    limit: integer(query, 'limit'),
    continue: optional(query, 'continue'),
  };
  checkMatch(parameters, query.get('watch') !== null);
  return parameters;
}

function checkMatch({ resourceVersion = '', resourceVersionMatch: match, continue: token = '' }: ListParameters, watch: boolean): void {
  if (token !== '' && resourceVersion !== '' && resourceVersion !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  if (match === undefined || match === '' || watch) return;
  const bad = (why: string): Error => badRequest(`resourceVersionMatch: ${why}`);
  if (match !== 'Exact' && match !== 'NotOlderThan')
    throw bad(`Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`);
  if (token !== '') throw bad('Forbidden: resourceVersionMatch is forbidden when continue is provided');
  if (resourceVersion === '') throw bad('Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (match === 'Exact' && resourceVersion === '0')
    throw bad('Forbidden: resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
}

const VALIDATIONS = new Set(['Strict', 'Warn', 'Ignore']);

/** Options of create, update and patch. Throws 400 for values that are none. */
export function writeParameters(query: Query, manager: string): WriteParameters {
  const validation = optional(query, 'fieldValidation') ?? 'Warn';
  if (validation !== '' && !VALIDATIONS.has(validation))
    throw badRequest(
      `fieldValidation: Unsupported value: "${validation}": supported values: "", "Ignore", "Strict", "Warn"`,
    );
  return {
    dryRun: isDryRun(query.getAll('dryRun')),
    fieldManager: optional(query, 'fieldManager') ?? manager,
    fieldValidation: (validation === '' ? 'Warn' : validation) as FieldValidation,
    force: query.has('force') ? isTrue(query.get('force')) : undefined,
  };
}

function isDryRun(values: readonly string[]): boolean {
  const wrong = values.find((value) => value !== 'All');
  if (wrong !== undefined) throw badRequest(`dryRun: Unsupported value: "${wrong}": supported values: "All"`);
  return values.length > 0;
}

/** Options of a deletion: from the body, or where there is none from the query. */
export function deleteOptions(query: Query, body: unknown): DeleteOptions {
  const options: DeleteOptions = typeof body === 'object' && body !== null ? { ...(body as DeleteOptions) } : {};
  options.gracePeriodSeconds ??= integer(query, 'gracePeriodSeconds');
  options.propagationPolicy ??= optional(query, 'propagationPolicy') as DeleteOptions['propagationPolicy'];
  if (query.has('orphanDependents')) options.orphanDependents ??= isTrue(query.get('orphanDependents'));
  const dryRun = [...(options.dryRun ?? []), ...query.getAll('dryRun')];
  options.dryRun = isDryRun(dryRun) ? ['All'] : undefined;
  return options;
}

export function includeObject(query: Query): IncludeObject {
  const value = query.get('includeObject');
  if (value === null || value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw badRequest(`unrecognized includeObject value: "${value}"`);
}

/** How long a watch lasts, in ms: as asked for, else between half an hour and an hour, so that not all end at once. */
export function watchTimeout(query: Query): number {
  const seconds = integer(query, 'timeoutSeconds');
  if (seconds !== undefined && seconds > 0) return Math.min(seconds, 2_000_000) * 1000;
  return (1800 + Math.random() * 1800) * 1000;
}
