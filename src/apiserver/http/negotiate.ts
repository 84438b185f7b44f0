import { notAcceptable } from '#apimachinery';

/** How an answer is to be written. */
export interface Representation {
  format: 'json' | 'yaml' | 'protobuf';
  /** `Table` and the metadata-only forms are other kinds that any object or list can be shown as. */
  as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** Version of meta.k8s.io for the forms above. */
  version: string;
  pretty: boolean;
}

export const PLAIN_JSON: Representation = { format: 'json', as: 'object', version: 'v1', pretty: false };

const FORMATS: ReadonlyMap<string, Representation['format']> = new Map([
  ['application/json', 'json'],
  ['application/*', 'json'],
  ['*/*', 'json'],
  ['application/yaml', 'yaml'],
  ['application/vnd.kubernetes.protobuf', 'protobuf'],
]);

const known = new Map<string, Representation>();

/** The first representation of an `Accept` header that can be served. Throws 406 when none can. */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept === '' || accept === 'application/json') return PLAIN_JSON;
  let representation = known.get(accept);
  if (representation === undefined) {
    representation = parseAccept(accept);
    // Clients send a handful of different headers; a flood of strange ones must not grow this.
    if (known.size < 1000 && accept.length < 1000) known.set(accept, representation);
  }
  return representation;
}

/** The same for objects that have no protobuf form (custom resources); what is left of them when only metadata is wanted has one. */
export function negotiateWithoutProtobuf(accept: string | undefined): Representation {
  const first = negotiate(accept);
  if (first.format !== 'protobuf' || first.as !== 'object') return first;
  const others = accept?.split(',').filter((range) => !/^\s*application\/vnd\.kubernetes\.protobuf\s*(?:;|$)/i.test(range)) ?? [];
  if (others.length === 0) throw notAcceptable('only the following media types are accepted: application/json, application/yaml');
  return negotiate(others.join(','));
}

function parseAccept(accept: string): Representation {
  for (const range of accept.split(',')) {
    const [type = '', ...rest] = range.split(';').map((part) => part.trim());
    const format = FORMATS.get(type.toLowerCase());
    if (format === undefined) continue;
    const parameters = Object.fromEntries(rest.map((part) => part.split('=', 2)));
    const representation = shownAs(format, parameters);
    if (representation !== undefined) return representation;
  }
  throw notAcceptable(
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
}

function shownAs(format: Representation['format'], parameters: Record<string, string | undefined>): Representation | undefined {
  const { as, g: group, v: version = 'v1', pretty } = parameters;
  const base = { format, version, pretty: pretty === '1' };
  if (as === undefined) return { ...base, as: 'object' };
  if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  if (as === 'Table') return format === 'protobuf' ? undefined : { ...base, as };
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { ...base, as };
  return undefined;
}

export const CONTENT_TYPES: Readonly<Record<Representation['format'], string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};
