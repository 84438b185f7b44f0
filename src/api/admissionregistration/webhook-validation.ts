// TEMPORARY
export function validateWebhooks(..._: unknown[]): never[] { return []; }
