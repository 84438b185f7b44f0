import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isHttpHeaderName,
  validateNonNegative,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { Container, HTTPGetAction, LifecycleHandler, Probe, ProbeHandler } from '../../generated/core-v1.ts';
import { validatePortNumberOrName } from '../ports-validation.ts';

const SCHEMES = ['HTTP', 'HTTPS'];
const NUMBERS = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;

/** Checks a container's probes. */
export function validateProbes(container: Container, path: FieldPath, errors: FieldError[]): void {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  if (livenessProbe) validateOneSuccess(livenessProbe, path.child('livenessProbe'), errors);
  if (readinessProbe) {
    const at = path.child('readinessProbe');
    validateProbe(readinessProbe, at, errors);
    if (readinessProbe.terminationGracePeriodSeconds !== undefined) {
      const seconds = readinessProbe.terminationGracePeriodSeconds;
      errors.push(fieldInvalid(at.child('terminationGracePeriodSeconds'), seconds, 'must not be set for readinessProbes'));
    }
  }
  if (startupProbe) validateOneSuccess(startupProbe, path.child('startupProbe'), errors);
}

/** Checks what is to happen after a container's start and before its end. */
export function validateLifecycle(container: Container, graceSeconds: number | undefined, path: FieldPath, errors: FieldError[]): void {
  const { postStart, preStop } = container.lifecycle ?? {};
  if (postStart) validateHandler(postStart, graceSeconds, path.child('postStart'), errors);
  if (preStop) validateHandler(preStop, graceSeconds, path.child('preStop'), errors);
}

/** One success says that a container lives: a second one could tell nothing more. */
function validateOneSuccess(probe: Probe, path: FieldPath, errors: FieldError[]): void {
  validateProbe(probe, path, errors);
  if (probe.successThreshold !== 1) errors.push(fieldInvalid(path.child('successThreshold'), probe.successThreshold ?? 0, 'must be 1'));
}

function validateProbe(probe: Probe, path: FieldPath, errors: FieldError[]): void {
  validateHandler(probe, undefined, path, errors);
  for (const field of NUMBERS) {
    const value = probe[field];
    if (value !== undefined && value < 0) errors.push(...validateNonNegative(value, path.child(field)));
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    errors.push(fieldInvalid(path.child('terminationGracePeriodSeconds'), grace, 'must be greater than 0'));
  }
}

type Handler = ProbeHandler & LifecycleHandler;

function validateHandler(handler: Handler, graceSeconds: number | undefined, path: FieldPath, errors: FieldError[]): void {
  let found = false;
  for (const type of HANDLERS) {
    if (handler[type] === undefined) continue;
    if (found) errors.push(fieldForbidden(path.child(type), 'may not specify more than 1 handler type'));
    else validateAction(handler, type, graceSeconds, path.child(type), errors);
    found = true;
  }
  if (!found) errors.push(fieldRequired(path, 'must specify a handler type'));
}

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

function validateAction(
  handler: Handler,
  type: (typeof HANDLERS)[number],
  graceSeconds: number | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (type === 'exec' && !handler.exec?.command?.length) errors.push(fieldRequired(path.child('command')));
  if (type === 'httpGet' && handler.httpGet) validateHttpGet(handler.httpGet, path, errors);
  if (type === 'tcpSocket' && handler.tcpSocket) validatePortNumberOrName(handler.tcpSocket.port ?? 0, path.child('port'), errors);
  if (type === 'grpc' && handler.grpc) validatePortNumberOrName(handler.grpc.port ?? 0, path.child('port'), errors);
  if (type === 'sleep' && handler.sleep && graceSeconds !== undefined) validateSleep(handler.sleep.seconds, graceSeconds, path, errors);
}

function validateHttpGet(action: HTTPGetAction, path: FieldPath, errors: FieldError[]): void {
  if (!action.path) errors.push(fieldRequired(path.child('path')));
  validatePortNumberOrName(action.port ?? 0, path.child('port'), errors);
  if (!SCHEMES.includes(action.scheme ?? '')) errors.push(fieldNotSupported(path.child('scheme'), action.scheme ?? '', SCHEMES));
  for (const { name } of action.httpHeaders ?? []) {
    for (const text of isHttpHeaderName(name ?? '')) errors.push(fieldInvalid(path.child('httpHeaders'), name ?? '', text));
  }
}

function validateSleep(seconds: number | undefined, graceSeconds: number, path: FieldPath, errors: FieldError[]): void {
  const value = seconds ?? 0;
  if (value >= 0 && value <= graceSeconds) return;
  errors.push(fieldInvalid(path, value, `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`));
}
