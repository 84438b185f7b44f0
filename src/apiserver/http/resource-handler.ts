import type { Duplex } from 'node:stream';
import { badRequest, clone, fieldForbidden, invalid } from '#apimachinery';
import { acceptWebSocket, isWebSocket, offeredProtocols } from '#streaming';
import type { Filter } from '../cache/index.ts';
import { filterOf, revisionOf } from '../registry/list.ts';
import { converted, notAllowed, type Answer, type Operations } from '../registry/operations.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import type { RequestInfo } from '../types.ts';
import { readBody } from './body.ts';
import { decodeBody, decodePatch, type ProtobufDecoder } from './decode-body.ts';
import { encodeEntry, encodeList, encodeValue, type EncodeOptions, type ProtobufEncoder } from './encode.ts';
import { CONTENT_TYPES, negotiate, negotiateWithoutProtobuf } from './negotiate.ts';
import { deleteOptions, includeObject, isTrue, listParameters, watchTimeout, writeParameters } from './parameters.ts';
import { leave, type Exchange, type UpgradeExchange } from './pipeline.ts';
import { respond, warningHeader } from './respond.ts';
import { serveWatch, type WatchParameters } from './watch-stream.ts';
import { responseTransport, webSocketTransport } from './watch-transport.ts';

export interface ResourceHandlerOptions {
  operations: Operations;
  protobuf: ProtobufEncoder & { decode: ProtobufDecoder };
}

/** Serves one verb on a resource. Throws StatusError, which the caller turns into the answer. */
export async function handleResource(exchange: Exchange, options: ResourceHandlerOptions): Promise<void> {
  const { request, response, registryRequest, info } = exchange;
  if (request.method === 'HEAD') throw notAllowed();
  const served = findServed(exchange, options);
  const encoding = encodingOf(exchange, served, options);
  if (info.verb === 'watch') {
    const transport = responseTransport(response, { 'audit-id': exchange.auditId, ...exchange.flow, ...warningHeader(exchange.warnings) });
    const watching = watchOf(exchange, served);
    exchange.trail?.started(200);
    await serveWatch(transport, served, watching.filter, watching.parameters, encoding, registryRequest.signal, () => leave(exchange));
    return;
  }
  const answer = await perform(exchange, options);
  const converting = converted(answer);
  if (converting !== undefined) await converting;
  if (exchange.trail !== undefined) exchange.trail.responseObject(answered(answer));
  await respond(exchange, codeOf(answer), encodeAnswer(answer, encoding), CONTENT_TYPES[encoding.representation.format]);
}

/** Serves a watch over WebSocket. Throws StatusError as long as nothing has been sent: 400 for whatever is no watch. */
export async function handleWatchUpgrade(
  exchange: UpgradeExchange,
  socket: Duplex,
  head: Buffer,
  options: ResourceHandlerOptions,
): Promise<void> {
  const { request, info, registryRequest } = exchange;
  if (info.verb !== 'watch' || !isWebSocket(request)) throw badRequest('only a watch can be served over WebSocket');
  const served = findServed(exchange, options);
  const encoding = encodingOf(exchange, served, options);
  const { filter, parameters } = watchOf(exchange, served);
  const protocol = offeredProtocols(request).find((name) => !name.startsWith('base64url.bearer.'));
  const webSocket = await acceptWebSocket(request, socket, head, protocol);
  await serveWatch(webSocketTransport(webSocket, socket), served, filter, parameters, encoding, registryRequest.signal, () =>
    leave(exchange),
  );
}

function findServed({ registryRequest }: UpgradeExchange, { operations }: ResourceHandlerOptions): ServedResource {
  const served = operations.find(registryRequest);
  checkVerb(registryRequest.info, served.resource.definition.verbs);
  if (served.deprecationWarning !== undefined) registryRequest.warn(served.deprecationWarning);
  return served;
}

function encodingOf(
  { request, query, registryRequest }: UpgradeExchange,
  served: ServedResource,
  { protobuf }: ResourceHandlerOptions,
): EncodeOptions {
  const { accept } = request.headers;
  const representation = served.definition.custom === true ? negotiateWithoutProtobuf(accept) : negotiate(accept);
  const pretty = query.has('pretty') ? isTrue(query.get('pretty')) : representation.pretty || isForPeople(request.headers['user-agent']);
  return {
    representation: pretty === representation.pretty ? representation : { ...representation, pretty },
    include: representation.as === 'Table' ? includeObject(query) : 'Metadata',
    now: registryRequest.now,
    protobuf,
  };
}

/** Programs whose output is read by people get it indented. */
function isForPeople(userAgent: string | undefined): boolean {
  return userAgent !== undefined && /^(?:curl|Wget|Mozilla\/5\.0)/.test(userAgent);
}

function watchOf({ query, info }: UpgradeExchange, served: ServedResource): { filter: Filter; parameters: WatchParameters } {
  const parameters = listParameters(query);
  const after = revisionOf(parameters.resourceVersion);
  const sendInitial = query.has('sendInitialEvents') ? isTrue(query.get('sendInitialEvents')) : undefined;
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  return {
    filter: filterOf(served, info.namespace, info.name, parameters),
    parameters: {
      after,
      initial: sendInitial ?? (after === undefined || after === 0),
      bookmarks,
      markInitial: bookmarks && sendInitial === true,
      timeout: watchTimeout(query),
    },
  };
}

/** What the audit log keeps of an answer. */
function answered(answer: Answer): unknown {
  if (answer.type === 'object') return answer.object;
  if (answer.type === 'entry') return answer.served.fromStorage(answer.entry.object);
  const { served, list } = answer;
  const items = list.entries.map(({ object }) => served.fromStorage(object));
  return { kind: served.listKind, apiVersion: served.apiVersion, metadata: { resourceVersion: String(list.revision) }, items };
}

async function perform(exchange: Exchange, { operations, protobuf }: ResourceHandlerOptions): Promise<Answer> {
  const { request, query, registryRequest, trail } = exchange;
  const contentType = request.headers['content-type'];
  switch (registryRequest.info.verb) {
    case 'get':
      return await operations.get(registryRequest, { resourceVersion: query.get('resourceVersion') ?? undefined });
    case 'list':
      return await operations.list(registryRequest, listParameters(query));
    case 'create': {
      const parameters = writeParameters(query, registryRequest.manager, 'CreateOptions');
      const body = decodeBody(await readBody(request), contentType, protobuf.decode);
      trail?.requestObject(clone(body.value));
      return await operations.create(registryRequest, body, parameters);
    }
    case 'update': {
      const parameters = writeParameters(query, registryRequest.manager, 'UpdateOptions');
      const body = decodeBody(await readBody(request), contentType, protobuf.decode);
      trail?.requestObject(clone(body.value));
      return await operations.update(registryRequest, body, parameters);
    }
    case 'patch': {
      const patch = decodePatch(await readBody(request), contentType);
      trail?.requestObject(clone(patch.body.value));
      const parameters = writeParameters(query, patch.type === 'apply' ? '' : registryRequest.manager, 'PatchOptions');
      if (parameters.force !== undefined && patch.type !== 'apply')
        throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
          fieldForbidden('force', 'may not be specified for non-apply patch'),
        ]);
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

async function readDeleteOptions({ request, query }: Exchange, protobuf: ProtobufDecoder): Promise<ReturnType<typeof deleteOptions>> {
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

function checkVerb(info: RequestInfo, verbs: readonly string[] | undefined): void {
  if (verbs !== undefined && info.subresource === '' && !verbs.includes(info.verb)) throw notAllowed();
}
