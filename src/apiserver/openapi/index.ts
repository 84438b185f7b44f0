export { OpenApi, V2_PROTOBUF, type OpenApiDocument, type OpenApiOptions } from './open-api.ts';
export type { JsonSchema, ServedKind, ServedSubresource } from './served-kind.ts';
