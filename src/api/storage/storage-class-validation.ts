// TEMPORARY
export function validateStorageClass(..._: unknown[]): never[] { return []; }
export function validateStorageClassUpdate(..._: unknown[]): never[] { return []; }
