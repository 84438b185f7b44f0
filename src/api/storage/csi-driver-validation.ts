// TEMPORARY
export function validateCSIDriver(..._: unknown[]): never[] { return []; }
export function validateCSIDriverUpdate(..._: unknown[]): never[] { return []; }
