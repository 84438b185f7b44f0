import {
  badRequest,
  fieldForbidden,
  fieldNotSupported,
  invalid,
  root,
  validateFieldManager,
  type DeleteOptions,
  type FieldError,
} from '#apimachinery';
import type { ListParameters } from '../registry/list.ts';
import type { FieldValidation, WriteParameters } from '../registry/request.ts';
import { decodeDeleteOptions } from '../registry/typed-body.ts';
import type { IncludeObject } from './table.ts';

/** What stands behind the `?` of a path. */
export type Query = URLSearchParams;

/** Anything that is there counts, but for `false` and `0`. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
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

/** What a list or watch asks for. Throws 400 and 422. */
export function listParameters(query: Query): ListParameters {
  const parameters: ListParameters = {
    labelSelector: optional(query, 'labelSelector'),
    fieldSelector: optional(query, 'fieldSelector'),
    resourceVersion: optional(query, 'resourceVersion'),
    resourceVersionMatch: optional(query, 'resourceVersionMatch'),
    limit: integer(query, 'limit'),
    continue: optional(query, 'continue'),
  };
  const errors = isTrue(query.get('watch')) ? watchErrors(parameters, query) : listErrors(parameters, query);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  const { resourceVersion = '', continue: token = '' } = parameters;
  if (token !== '' && resourceVersion !== '' && resourceVersion !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  return parameters;
}

const MATCH = 'resourceVersionMatch';

function listErrors(
  { resourceVersion = '', resourceVersionMatch: match = '', continue: token = '' }: ListParameters,
  query: Query,
): FieldError[] {
  const errors: FieldError[] = [];
  if (match !== '') {
    if (resourceVersion === '') errors.push(fieldForbidden(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (token !== '') errors.push(fieldForbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan') errors.push(fieldNotSupported(MATCH, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && resourceVersion === '0')
      errors.push(fieldForbidden(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (query.has('sendInitialEvents')) errors.push(fieldForbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}

function watchErrors({ resourceVersionMatch: match = '', continue: token = '' }: ListParameters, query: Query): FieldError[] {
  const errors: FieldError[] = [];
  const sendsInitial = query.has('sendInitialEvents');
  if (match === '') {
    if (sendsInitial) errors.push(fieldForbidden(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
    return errors;
  }
  if (!sendsInitial) errors.push(fieldForbidden(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
  if (match !== 'NotOlderThan') errors.push(fieldNotSupported(MATCH, match, ['NotOlderThan']));
  if (token !== '') errors.push(fieldForbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided'));
  return errors;
}

const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];

/** Options of create, update and patch: `kind` names them in errors. Throws 422 for values that are none. */
export function writeParameters(query: Query, manager: string, kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions'): WriteParameters {
  if (query.size === 0) return { dryRun: false, fieldManager: manager, fieldValidation: 'Warn' };
  const errors: FieldError[] = [];
  const validation = optional(query, 'fieldValidation') ?? '';
  if (!VALIDATIONS.includes(validation)) errors.push(fieldNotSupported('fieldValidation', validation, VALIDATIONS));
  const fieldManager = optional(query, 'fieldManager') ?? '';
  errors.push(...validateFieldManager(fieldManager, root.child('fieldManager')));
  const dryRun = query.getAll('dryRun');
  errors.push(...dryRunErrors(dryRun));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager: fieldManager === '' ? manager : fieldManager,
    fieldValidation: (validation === '' ? 'Warn' : validation) as FieldValidation,
    force: query.has('force') ? isTrue(query.get('force')) : undefined,
  };
}

function dryRunErrors(values: readonly string[]): FieldError[] {
  return values.every((value) => value === 'All') ? [] : [fieldNotSupported('dryRun', values, ['All'])];
}

/** Options of a deletion: from the body, or where there is none from the query. Throws 400 and 422. */
export function deleteOptions(query: Query, body: unknown): DeleteOptions {
  const options = decodeDeleteOptions(body);
  if (query.size > 0) {
    options.gracePeriodSeconds ??= integer(query, 'gracePeriodSeconds');
    options.propagationPolicy ??= optional(query, 'propagationPolicy') as DeleteOptions['propagationPolicy'];
    if (query.has('orphanDependents')) options.orphanDependents ??= isTrue(query.get('orphanDependents'));
  }
  const dryRun = [...(options.dryRun ?? []), ...query.getAll('dryRun')];
  const errors = dryRunErrors(dryRun);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  options.dryRun = dryRun.length > 0 ? ['All'] : undefined;
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
