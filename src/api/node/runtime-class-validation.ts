// TEMPORARY
export function validateRuntimeClass(..._: unknown[]): never[] { return []; }
export function validateRuntimeClassUpdate(..._: unknown[]): never[] { return []; }
