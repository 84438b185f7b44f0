export { cannotBeHandled, codecOf, strictDecodingError } from './codec.ts';
export { hasDuplicateKeys } from './field-problems.ts';
export { factsOf, groupVersions, kindDescription, structDescription } from './descriptions.ts';
export { loadDocumentation, type Documentation } from './docs.ts';
export { decodeMetadata, metadataSchema } from './metadata.ts';
export { mergeSchemaOf } from './merge-schema.ts';
export type * from './types.ts';
