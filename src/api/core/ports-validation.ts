import { fieldInvalid, isPortName, isPortNumber, type FieldError, type FieldPath, type IntOrString } from '#apimachinery';

/** The protocols of ports, as errors list them. */
export const PROTOCOLS: readonly string[] = ['SCTP', 'TCP', 'UDP'];

/** Checks a port that is given by number or by the name of a container's port. */
export function validatePortNumberOrName(port: IntOrString, path: FieldPath, errors: FieldError[]): void {
  const texts = typeof port === 'number' ? isPortNumber(port) : isPortName(port);
  for (const text of texts) errors.push(fieldInvalid(path, port, text));
}
