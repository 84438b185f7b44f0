// TEMPORARY
export function validateCertificateSigningRequest(..._: unknown[]): never[] { return []; }
export function validateCertificateSigningRequestStatus(..._: unknown[]): never[] { return []; }
