import { type handleUnaryCall, type sendUnaryData, type ServiceError, status } from '@grpc/grpc-js';
import { EtcdError } from '../errors.ts';

/** An error as gRPC sends it: etcd's own with its code and text, anything else as unknown. */
export function serviceError(error: unknown): Partial<ServiceError> {
  // An EtcdError has gRPC's numbers, but does not load gRPC for their names.
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment
  if (error instanceof EtcdError) return { code: error.code, details: error.message };
  return { code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) };
}

/** A method that takes a message and answers with one. */
export function unary<Q, R>(answer: (request: Q) => R | Promise<R>): handleUnaryCall<Q, R> {
  return (call, callback) => {
    void settle(() => answer(call.request), callback);
  };
}

async function settle<R>(answer: () => R | Promise<R>, callback: sendUnaryData<R>): Promise<void> {
  let response: R;
  try {
    response = await answer();
  } catch (error) {
    callback(serviceError(error));
    return;
  }
  callback(null, response);
}
