/** A refusal in etcd's own words; `code` is the gRPC status code that it travels with. */
export class EtcdError extends Error {
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EtcdError';
    this.code = code;
  }
}

/** The revision asked for is older than the history; `compactRevision` is the oldest there is. */
export class CompactedError extends EtcdError {
  readonly compactRevision: number;

  constructor(compactRevision: number) {
    super(OUT_OF_RANGE, 'etcdserver: mvcc: required revision has been compacted');
    this.name = 'CompactedError';
    this.compactRevision = compactRevision;
  }
}

const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const OUT_OF_RANGE = 11;
const UNAVAILABLE = 14;
const DATA_LOSS = 15;

export const emptyKey = () => new EtcdError(INVALID_ARGUMENT, 'etcdserver: key is not provided');
export const keyNotFound = () => new EtcdError(INVALID_ARGUMENT, 'etcdserver: key not found');
export const valueProvided = () => new EtcdError(INVALID_ARGUMENT, 'etcdserver: value is provided');
export const leaseProvided = () => new EtcdError(INVALID_ARGUMENT, 'etcdserver: lease is provided');
export const tooManyOps = () => new EtcdError(INVALID_ARGUMENT, 'etcdserver: too many operations in txn request');
export const duplicateKey = () => new EtcdError(INVALID_ARGUMENT, 'etcdserver: duplicate key given in txn request');
export const invalidSortOption = () => new EtcdError(INVALID_ARGUMENT, 'etcdserver: invalid sort option');
export const requestTooLarge = () => new EtcdError(INVALID_ARGUMENT, 'etcdserver: request is too large');
export const futureRevision = () => new EtcdError(OUT_OF_RANGE, 'etcdserver: mvcc: required revision is a future revision');
export const noSpace = () => new EtcdError(RESOURCE_EXHAUSTED, 'etcdserver: mvcc: database space exceeded');
export const leaseNotFound = () => new EtcdError(NOT_FOUND, 'etcdserver: requested lease not found');
export const leaseExists = () => new EtcdError(FAILED_PRECONDITION, 'etcdserver: lease already exists');
export const leaseTtlTooLarge = () => new EtcdError(OUT_OF_RANGE, 'etcdserver: too large lease TTL');
export const stopped = () => new EtcdError(UNAVAILABLE, 'etcdserver: server stopped');
export const corrupt = () => new EtcdError(DATA_LOSS, 'etcdserver: corrupt cluster');

/** The disk refused a write: nothing more is accepted until the store is opened again. */
export const diskFailed = (cause: unknown) =>
  new EtcdError(UNAVAILABLE, `etcdserver: the disk failed, no more writes are accepted: ${String(cause)}`, { cause });
