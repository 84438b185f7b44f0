import { createHash } from 'node:crypto';
import { loadDocumentation } from '#api';
import { groupVersionPath, type JsonSchema, type ServedKind } from './served-kind.ts';
import { documentV2 } from './v2.ts';
import { encodeDocumentV2 } from './v2-protobuf.ts';
import { documentV3 } from './v3.ts';

/** What clients accept; as a content type it would not do, because of its `@`. */
export const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const V2_PROTOBUF_CONTENT = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** A document, ready to be sent. */
export interface OpenApiDocument {
  bytes: Buffer;
  /** Changes when the document does; without quotes. */
  etag: string;
  contentType: string;
}

export interface OpenApiOptions {
  /** Everything that is served at the moment, custom resources included. */
  kinds: () => readonly ServedKind[];
  /** Of Kubernetes: `v1.36.0`. */
  version: string;
  /** Where the documents of other servers are, by path (`apis/metrics.k8s.io/v1`). */
  elsewhere?: () => Readonly<Record<string, { serverRelativeURL: string }>>;
}

interface GroupVersion {
  kinds: ServedKind[];
  etag: string;
  document: Promise<OpenApiDocument> | undefined;
}

/** `/openapi/v2` and `/openapi/v3`: documents are made when somebody asks for them, and kept until the kinds change. */
export class OpenApi {
  readonly #options: OpenApiOptions;
  /** By path without the leading slash: `apis/apps/v1`. */
  #groupVersions: Map<string, GroupVersion> | undefined;
  #v2: { etag: string; json?: Promise<Buffer>; protobuf?: Promise<Buffer> } | undefined;

  constructor(options: OpenApiOptions) {
    this.#options = options;
  }

  /** To be told after every change of the kinds: documents of group-versions that are still the same are kept. */
  changed(): void {
    const old = this.#groupVersions;
    if (old === undefined) return;
    const fresh = this.#group();
    for (const [path, groupVersion] of fresh) {
      const known = old.get(path);
      if (known?.etag === groupVersion.etag) groupVersion.document = known.document;
    }
    this.#groupVersions = fresh;
  }

  /** What `/openapi/v3` answers: where the documents are. */
  v3Index(): OpenApiDocument {
    const entries = [...this.#all()].map(([path, { etag }]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${etag}` }]);
    return asJson({ paths: { ...Object.fromEntries(entries), ...this.#options.elsewhere?.() } });
  }

  /** The document of a group-version, by its path: `apis/apps/v1`. Undefined where nothing is served. */
  async v3(path: string): Promise<OpenApiDocument | undefined> {
    const groupVersion = this.#all().get(path);
    if (groupVersion === undefined) return undefined;
    groupVersion.document ??= this.#makeV3(groupVersion);
    return await groupVersion.document;
  }

  async v2(format: 'json' | 'protobuf'): Promise<OpenApiDocument> {
    const etag = hash([...this.#all().values()].map((each) => each.etag));
    if (this.#v2?.etag !== etag) this.#v2 = { etag };
    const current = this.#v2;
    if (format === 'json') {
      current.json ??= this.#makeV2((document) => Buffer.from(JSON.stringify(document)));
      return { bytes: await current.json, etag, contentType: 'application/json' };
    }
    current.protobuf ??= this.#makeV2(encodeDocumentV2);
    return { bytes: await current.protobuf, etag, contentType: V2_PROTOBUF_CONTENT };
  }

  #all(): Map<string, GroupVersion> {
    return (this.#groupVersions ??= this.#group());
  }

  #group(): Map<string, GroupVersion> {
    const groups = Map.groupBy(this.#options.kinds(), (served) => groupVersionPath(served).slice(1));
    const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
    return new Map(sorted.map(([path, kinds]) => [path, { kinds, etag: hash([this.#options.version, kinds]), document: undefined }]));
  }

  async #makeV3({ kinds, etag }: GroupVersion): Promise<OpenApiDocument> {
    const document = documentV3(kinds, await loadDocumentation(), this.#options.version);
    return { ...asJson(document), etag };
  }

  /** The document itself is not kept: as objects it takes several times the space of the bytes. */
  async #makeV2(encode: (document: JsonSchema) => Buffer): Promise<Buffer> {
    return encode(documentV2(this.#options.kinds(), await loadDocumentation(), this.#options.version));
  }
}

function asJson(document: JsonSchema): OpenApiDocument {
  const bytes = Buffer.from(JSON.stringify(document));
  return { bytes, etag: createHash('sha512').update(bytes).digest('hex').toUpperCase(), contentType: 'application/json' };
}

const hash = (value: unknown): string => createHash('sha512').update(JSON.stringify(value)).digest('hex').toUpperCase();
