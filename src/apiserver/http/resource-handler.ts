import type { IncomingMessage, ServerResponse } from 'node:http';
import { badRequest, StatusError } from '#apimachinery';
import { filterOf, revisionOf } from '../registry/list.ts';
import type { Answer, Operations } from '../registry/operations.ts';
import type { RegistryRequest } from '../registry/request.ts';
import type { RequestInfo } from '../types.ts';
import { readBody } from './body.ts';
import { decodeBody, decodePatch, type ProtobufDecoder } from './decode-body.ts';
import { encodeEntry, encodeList, encodeValue, type EncodeOptions, type ProtobufEncoder } from './encode.ts';
import { CONTENT_TYPES, negotiate } from './negotiate.ts';
import {
  deleteOptions,
  includeObject,
  isTrue,
  listParameters,
  watchTimeout,
  writeParameters,
  type Query,
} from './parameters.ts';
import { respond } from './respond.ts';
import { serveWatch } from './watch-stream.ts';

export interface ResourceHandlerOptions {
  operations: Operations;
  protobuf: ProtobufEncoder & { decode: ProtobufDecoder };
}

/** One HTTP request on a resource, with what the stages before found out. */
export interface ResourceExchange {
  request: IncomingMessage;
  response: ServerResponse;
  query: Query;
  /** `warn` collects; the answer carries the warnings as headers. */
  registryRequest: RegistryRequest;
  warnings: string[];
}

/** Serves one verb on a resource. Throws StatusError, which the caller turns into the answer. */
export async function handleResource(exchange: ResourceExchange, options: ResourceHandlerOptions): Promise<void> {
  const { request, response, query, registryRequest } = exchange;
  const { operations } = options;
  const representation = negotiate(request.headers.accept);
  const encoding: EncodeOptions = {
    representation: query.has('pretty') ? { ...representation, pretty: isTrue(query.get('pretty')) } : representation,
    include: representation.as === 'Table' ? includeObject(query) : 'Metadata',
    now: registryRequest.now,
    protobuf: options.protobuf,
  };
  const served = operations.find(registryRequest);
  checkVerb(registryRequest.info, served.resource.definition.verbs);
  if (served.deprecationWarning !== undefined) registryRequest.warn(served.deprecationWarning);
  if (registryRequest.info.verb === 'watch') {
    const parameters = listParameters(query);
    const after = revisionOf(parameters.resourceVersion);
    const initial = isTrue(query.get('sendInitialEvents')) && query.has('sendInitialEvents');
    await serveWatch(
      response,
      served,
      filterOf(served, registryRequest.info.namespace, registryRequest.info.name, parameters),
      {
        after: initial || after === undefined || after === 0 ? undefined : after,
        bookmarks: isTrue(query.get('allowWatchBookmarks')) && query.has('allowWatchBookmarks'),
        markInitial: initial,
        timeout: watchTimeout(query),
      },
      encoding,
      registryRequest.signal,
    );
    return;
  }
  const answer = await perform(exchange, options);
  await respond(response, codeOf(answer), encodeAnswer(answer, encoding), CONTENT_TYPES[encoding.representation.format], warningHeaders(exchange));
}

async function perform(exchange: ResourceExchange, { operations, protobuf }: ResourceHandlerOptions): Promise<Answer> {
  const { request, query, registryRequest } = exchange;
  const contentType = request.headers['content-type'];
  switch (registryRequest.info.verb) {
    case 'get':
      return await operations.get(registryRequest, { resourceVersion: query.get('resourceVersion') ?? undefined });
    case 'list':
      return await operations.list(registryRequest, listParameters(query));
    case 'create': {
      const body = decodeBody(await readBody(request), contentType, protobuf.decode);
      return await operations.create(registryRequest, body, writeParameters(query, registryRequest.manager));
    }
    case 'update': {
      const body = decodeBody(await readBody(request), contentType, protobuf.decode);
      return await operations.update(registryRequest, body, writeParameters(query, registryRequest.manager));
    }
    case 'patch': {
      const patch = decodePatch(await readBody(request), contentType);
      const parameters = writeParameters(query, patch.type === 'apply' ? '' : registryRequest.manager);
      if (parameters.force !== undefined && patch.type !== 'apply')
        throw badRequest('PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch');
      return await operations.patch(registryRequest, patch, parameters);
    }
    case 'delete':
      return await operations.delete(registryRequest, await readDeleteOptions(exchange, protobuf.decode));
    case 'deletecollection': {
      const options = await readDeleteOptions(exchange, protobuf.decode);
      return await operations.deleteCollection(registryRequest, listParameters(query), options);
    }
    default:
      throw notAllowed();
  }
}

async function readDeleteOptions({ request, query }: ResourceExchange, protobuf: ProtobufDecoder): Promise<ReturnType<typeof deleteOptions>> {
  const bytes = await readBody(request);
  return deleteOptions(query, bytes.length === 0 ? undefined : decodeBody(bytes, request.headers['content-type'], protobuf).value);
}

function codeOf(answer: Answer): number {
  return answer.type === 'list' ? 200 : answer.code;
}

function encodeAnswer(answer: Answer, options: EncodeOptions): Buffer {
  switch (answer.type) {
    case 'entry':
      return encodeEntry(answer.entry, answer.served, options);
    case 'list':
      return encodeList(answer.list, answer.served, options);
    case 'object':
      return encodeValue(answer.object, { ...options, representation: { ...options.representation, as: 'object' } });
  }
}

function warningHeaders({ warnings }: ResourceExchange): Record<string, string> {
  if (warnings.length === 0) return {};
  const quoted = [...new Set(warnings)].map((text) => `299 - "${text.replaceAll(/["\\]/g, '\\$&').replaceAll(/[^\x20-\x7e]/g, ' ')}"`);
  return { warning: quoted.join(', ') };
}

function checkVerb(info: RequestInfo, verbs: readonly string[] | undefined): void {
  if (verbs !== undefined && info.subresource === '' && !verbs.includes(info.verb)) throw notAllowed();
}

function notAllowed(): StatusError {
  return new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });
}
