import type { handleUnaryCall, ServiceError } from '@grpc/grpc-js';
import { EtcdError } from '../errors.ts';

const UNKNOWN = 2;

/** An error as gRPC sends it: etcd's own with its code and text, anything else as unknown. */
export function serviceError(error: unknown): Partial<ServiceError> {
  if (error instanceof EtcdError) return { code: error.code, details: error.message };
  return { code: UNKNOWN, details: error instanceof Error ? error.message : String(error) };
}

/** A method that takes a message and answers with one. */
export function unary<Q, R>(answer: (request: Q) => R | Promise<R>): handleUnaryCall<Q, R> {
  return (call, callback) => {
    Promise.try(() => answer(call.request)).then(
      (response) => callback(null, response),
      (error: unknown) => callback(serviceError(error)),
    );
  };
}
