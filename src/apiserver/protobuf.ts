import { unsupportedMediaType } from '#apimachinery';
import type { ResourceHandlerOptions } from './http/resource-handler.ts';

/** The protobuf encodings that the HTTP edge speaks. */
export function buildProtobuf(): ResourceHandlerOptions['protobuf'] {
  return {
    object: () => undefined,
    watchEvent: () => undefined,
    decode: () => {
      throw unsupportedMediaType(
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml',
      );
    },
  };
}
