import { duplicateKey, emptyKey, tooManyOps } from './errors.ts';
import { contains } from './key-range.ts';
import type { KeyRange, Operation, TxnRequest } from './types.ts';

/** Operations of one transaction (etcd's default). */
const MAX_OPERATIONS = 128;

interface Touched {
  puts: Set<string>;
  deletes: KeyRange[];
}

/** Refuses what could never be carried out: too much, no key, or a key that is written twice. */
export function checkTxn(request: TxnRequest): void {
  checkShape(request);
  if (mayClash(request.success)) collect(request.success);
  if (mayClash(request.failure)) collect(request.failure);
}

/** A single plain operation cannot, and Kubernetes sends nothing else. */
function mayClash(operations: readonly Operation[]): boolean {
  return operations.length > 1 || operations[0]?.type === 'txn';
}

/** About the bytes that the larger branch would put; 0 when neither puts anything. */
export function putBytes(request: TxnRequest): number {
  return Math.max(bytesOf(request.success), bytesOf(request.failure));
}

function bytesOf(operations: readonly Operation[]): number {
  let bytes = 0;
  for (const operation of operations) {
    if (operation.type === 'put') bytes += operation.key.length + operation.value.length;
    else if (operation.type === 'txn') bytes += putBytes(operation);
  }
  return bytes;
}

function checkShape({ compare, success, failure }: TxnRequest): void {
  if (compare.length > MAX_OPERATIONS || success.length > MAX_OPERATIONS || failure.length > MAX_OPERATIONS) {
    throw tooManyOps();
  }
  for (const { key } of compare) if (key === '') throw emptyKey();
  success.forEach(checkOperation);
  failure.forEach(checkOperation);
}

function checkOperation(operation: Operation): void {
  if (operation.type === 'txn') checkShape(operation);
  else if (operation.key === '') throw emptyKey();
}

/** What a list of operations writes. The branches of a nested transaction exclude each other, but not what is around. */
function collect(operations: readonly Operation[]): Touched {
  const touched: Touched = { puts: new Set(), deletes: operations.filter((operation) => operation.type === 'delete') };
  for (const operation of operations) {
    if (operation.type !== 'txn') continue;
    const branches = [collect(operation.success), collect(operation.failure)];
    for (const key of new Set(branches.flatMap((branch) => [...branch.puts]))) addPut(touched, key);
    for (const branch of branches) touched.deletes.push(...branch.deletes);
  }
  for (const operation of operations) if (operation.type === 'put') addPut(touched, operation.key);
  return touched;
}

function addPut(touched: Touched, key: string): void {
  if (touched.puts.has(key) || touched.deletes.some((range) => contains(range, key))) throw duplicateKey();
  touched.puts.add(key);
}
