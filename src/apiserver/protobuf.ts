import { decodeProtobuf, encodeProtobuf, encodeWatchFrame } from '#api';
import type { ResourceHandlerOptions } from './http/resource-handler.ts';

/** The protobuf encodings that the HTTP edge speaks. */
export const protobuf: ResourceHandlerOptions['protobuf'] = {
  object: (object) => encodeProtobuf(object),
  watchEvent(type, object) {
    const bytes = encodeProtobuf(object);
    return bytes === undefined ? undefined : encodeWatchFrame(type, bytes);
  },
  decode: (bytes) => decodeProtobuf(bytes),
};
