// TEMPORARY
export function validateCSINode(..._: unknown[]): never[] { return []; }
export function validateCSINodeUpdate(..._: unknown[]): never[] { return []; }
