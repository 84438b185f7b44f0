// TEMPORARY
export function validateAPIService(..._: unknown[]): never[] { return []; }
export function validateAPIServiceStatus(..._: unknown[]): never[] { return []; }
