import type { KubeObject } from '#apimachinery';

/** How the stored JSON of one kind begins: type, then metadata, so that the revision can be put in without parsing. */
export class StoredForm {
  readonly #head: Buffer;
  readonly #listHead = Buffer.from('{"metadata":{');
  readonly apiVersion: string;
  readonly kind: string;
  readonly #upgrade: ((object: KubeObject) => boolean) | undefined;

  /** `upgrade` brings an object that was stored by other rules up to date, in place, and says whether anything has changed. */
  constructor(apiVersion: string, kind: string, upgrade?: (object: KubeObject) => boolean) {
    this.#upgrade = upgrade;
    this.apiVersion = apiVersion;
    this.kind = kind;
    this.#head = Buffer.from(`{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":{`);
  }

  /** The bytes to store: no resourceVersion (it is the store's own revision), type and metadata first. */
  encode(object: KubeObject): Buffer {
    const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
    const { resourceVersion: _revision, ...meta } = metadata;
    return Buffer.from(JSON.stringify({ kind: this.kind, apiVersion: this.apiVersion, metadata: meta, ...rest }));
  }

  /** Parses stored bytes; the object carries `revision` as its resourceVersion. */
  decode(value: Buffer, revision: number): KubeObject {
    const object = JSON.parse(value.toString()) as KubeObject;
    object.metadata.resourceVersion = String(revision);
    return object;
  }

  /** Object and bytes of what has been stored; both as the present rules want them. */
  read(value: Buffer, revision: number): { object: KubeObject; value: Buffer } {
    const object = this.decode(value, revision);
    return this.#upgrade?.(object) === true ? { object, value: this.encode(object) } : { object, value };
  }

  /** The object's JSON as clients get it. */
  json(value: Buffer, revision: number): Buffer {
    return this.#withRevision(this.#head, value, revision);
  }

  /** The same without kind and apiVersion, as items of a list are. */
  item(json: Buffer): Buffer[] {
    return [this.#listHead, json.subarray(this.#head.length)];
  }

  get itemOverhead(): number {
    return this.#listHead.length - this.#head.length;
  }

  /** Copies the item form of `json` into `target` and returns the offset after it. */
  copyItem(json: Buffer, target: Buffer, offset: number): number {
    const after = offset + this.#listHead.copy(target, offset);
    return after + json.copy(target, after, this.#head.length);
  }

  #withRevision(head: Buffer, value: Buffer, revision: number): Buffer {
    // Revision 0 is a dry run's: nothing has been stored.
    const field = revision === 0 ? '' : `"resourceVersion":"${revision}",`;
    const start = this.#head.length;
    if (value.compare(this.#head, 0, start, 0, start) !== 0) return this.#reencode(value, revision);
    const out = Buffer.allocUnsafe(head.length + field.length + value.length - start);
    let offset = head.copy(out, 0);
    offset += out.write(field, offset, 'latin1');
    value.copy(out, offset, start);
    return out;
  }

  /** Values that another writer formatted: rare, so plain. */
  #reencode(value: Buffer, revision: number): Buffer {
    return this.#withRevision(this.#head, this.encode(this.decode(value, revision)), revision);
  }
}

/** One object at one revision, as the watch cache keeps it. Immutable; its encodings are made once, when first asked for. */
export class Entry {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  /** Shared with every reader in this process: never change it. */
  readonly object: KubeObject;
  readonly #form: StoredForm;
  readonly #value: Buffer;
  #json: Buffer | undefined;
  #variants: Map<string, Buffer> | undefined;

  constructor(form: StoredForm, object: KubeObject, value: Buffer, revision: number) {
    this.#form = form;
    this.#value = value;
    this.object = object;
    this.namespace = object.metadata.namespace ?? '';
    this.name = object.metadata.name;
    this.revision = revision;
  }

  /** JSON in the storage version, with the resourceVersion. */
  get json(): Buffer {
    return (this.#json ??= this.#form.json(this.#value, this.revision));
  }

  /** The bytes as stored, without resourceVersion. */
  get stored(): Buffer {
    return this.#value;
  }

  /** Any other encoding (`protobuf`, another version …), kept from the first use on. */
  variant(key: string, encode: (object: KubeObject) => Buffer): Buffer {
    const known = this.#variants?.get(key);
    if (known !== undefined) return known;
    const bytes = encode(this.object);
    (this.#variants ??= new Map()).set(key, bytes);
    return bytes;
  }

  /** The same object under a later revision: the last state of a deleted object. */
  at(revision: number): Entry {
    const object = { ...this.object, metadata: { ...this.object.metadata, resourceVersion: String(revision) } };
    return new Entry(this.#form, object, this.#value, revision);
  }
}
