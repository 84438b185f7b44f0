import { badRequest, internalError, type KubeObject, type StructSchema } from '#apimachinery';
import { strictDecodingError, type KindDefinition, type ServedVersion } from '#api';
import type { Resource } from './resource.ts';
import type { Body, FieldValidation } from './request.ts';

/** Turns what a client sent into an object: known fields only, of the right types, with the structs upstream always prints. */
export interface Decoder {
  /** Throws 400 for a wrong type. Unknown and duplicate fields are told to `report`, if given, as `unknown field "spec.x"`. */
  decode(body: Body, report?: (problem: string) => void): KubeObject;
  /** Of custom resources: how objects of this version merge, and the schema that is published. */
  readonly schema?: StructSchema;
  readonly openApiSchema?: { [key: string]: unknown };
  /** Somebody else converts between versions. */
  readonly conversion?: Conversion;
}

/** Conversion that has to be asked for: a webhook's. */
export interface Conversion {
  /** The objects in the version `apiVersion`, in order; those that are in it already are handed back. Throws StatusError. */
  convert(objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]>;
}

/** One resource in one version of the API: how clients see it. */
export class ServedResource {
  readonly group: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly resource: Resource;
  readonly #served: ServedVersion<KubeObject> | undefined;
  readonly #decoder: Decoder;
  /** What has been converted to this version, by the stored object. */
  readonly #converted = new WeakMap<KubeObject, KubeObject>();

  /** `served` is absent for the storage version. */
  constructor(resource: Resource, decoder: Decoder, served?: ServedVersion<KubeObject>) {
    this.resource = resource;
    this.group = served?.group ?? resource.definition.group;
    this.version = served?.version ?? resource.definition.version;
    this.apiVersion = this.group === '' ? this.version : `${this.group}/${this.version}`;
    this.#served = served;
    this.#decoder = decoder;
  }

  /** What the server knows about this version of the kind. */
  get definition(): KindDefinition {
    return this.#served?.definition ?? this.resource.definition;
  }

  get listKind(): string {
    return this.definition.listKind ?? `${this.kind}List`;
  }

  /** Of custom resources: how objects of this version merge. */
  get schema(): StructSchema | undefined {
    return this.#decoder.schema;
  }

  get openApiSchema(): Decoder['openApiSchema'] {
    return this.#decoder.openApiSchema;
  }

  get kind(): string {
    return this.resource.definition.kind;
  }

  get name(): string {
    return this.resource.definition.resource;
  }

  get isStorageVersion(): boolean {
    return this.#served === undefined && this.#decoder.conversion === undefined;
  }

  /** A webhook converts: see `prepare`. */
  get isRemote(): boolean {
    return this.#decoder.conversion !== undefined;
  }

  /** Kept for old manifests under a group that the kind has left: it must not get in the way of short names and `all`. */
  get isLegacyGroup(): boolean {
    return this.#served?.group !== undefined && this.#served.deprecated !== undefined;
  }

  /** The text of the warning that each use of a deprecated version is answered with. */
  get deprecationWarning(): string | undefined {
    const deprecated = this.#served === undefined ? this.resource.definition.deprecated : this.#served.deprecated;
    if (deprecated === undefined) return undefined;
    if (deprecated.text !== undefined) return deprecated.text;
    const use = deprecated.use === undefined ? '' : `; use ${deprecated.use}`;
    const gone = deprecated.removedIn === '' ? '' : `, unavailable in ${deprecated.removedIn}+`;
    return `${this.apiVersion} ${this.kind} is deprecated in ${deprecated.since}+${gone}${use}`;
  }

  /** An object of the storage version made of what a client sent in this version. Throws 400. */
  decode(body: Body, validation: FieldValidation, warn: (text: string) => void): KubeObject {
    const problems: string[] = [];
    const object = this.#decoder.decode(body, validation === 'Ignore' ? undefined : (problem) => problems.push(problem));
    this.#checkType(object);
    if (problems.length > 0) {
      if (validation === 'Strict') throw strictDecodingError(this, problems);
      for (const problem of problems) warn(problem);
    }
    if (this.#decoder.conversion === undefined) return this.toStorage(object);
    object.apiVersion = this.apiVersion;
    object.kind = this.kind;
    return object;
  }

  /** What `decode` gave, in the storage version where only a webhook can bring it there. Throws StatusError. */
  stored(object: KubeObject): KubeObject | Promise<KubeObject> {
    const { conversion } = this.#decoder;
    const { apiVersion } = this.resource.form;
    if (conversion === undefined || object.apiVersion === apiVersion) return object;
    return conversion.convert([object], apiVersion).then(([converted]) => converted as KubeObject);
  }

  /** Must have been called (and waited for) before `fromStorage` where a webhook converts. Throws StatusError. */
  prepare(objects: readonly KubeObject[]): Promise<void> | undefined {
    const { conversion } = this.#decoder;
    if (conversion === undefined) return undefined;
    const missing = objects.filter((object) => object.apiVersion !== this.apiVersion && !this.#converted.has(object));
    return missing.length === 0 ? undefined : this.#convert(conversion, missing);
  }

  async #convert(conversion: Conversion, objects: readonly KubeObject[]): Promise<void> {
    const converted = await conversion.convert(objects, this.apiVersion);
    for (const [i, object] of objects.entries()) this.#converted.set(object, converted[i] as KubeObject);
  }

  toStorage(object: KubeObject): KubeObject {
    const stored = this.#served?.toStorage?.(object) ?? object;
    stored.apiVersion = this.resource.form.apiVersion;
    stored.kind = this.kind;
    return stored;
  }

  /** The object as this version shows it; the storage version's own object is handed on as it is. */
  fromStorage(object: KubeObject): KubeObject {
    if (this.#decoder.conversion !== undefined) return this.#fromWebhook(object);
    if (this.#served === undefined) return object;
    const converted = this.#served.fromStorage?.(object) ?? { ...object };
    converted.apiVersion = this.apiVersion;
    converted.kind = this.kind;
    return converted;
  }

  #fromWebhook(object: KubeObject): KubeObject {
    if (object.apiVersion === this.apiVersion) return object;
    const converted = this.#converted.get(object);
    if (converted === undefined) throw internalError(`${object.metadata.name} has not been converted to ${this.apiVersion}`);
    return converted;
  }

  #checkType(object: KubeObject): void {
    const { apiVersion, kind } = object;
    if (kind !== undefined && kind !== '' && kind !== this.kind)
      throw badRequest(
        `${apiVersion === undefined || apiVersion === '' ? this.apiVersion : apiVersion}, Kind=${kind} is not the kind of this resource: expected ${this.apiVersion}, Kind=${this.kind}`,
      );
    if (apiVersion === undefined || apiVersion === '' || apiVersion === this.apiVersion) return;
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${this.apiVersion})`);
  }
}
