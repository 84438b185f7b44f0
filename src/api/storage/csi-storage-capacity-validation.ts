// TEMPORARY
export function validateCSIStorageCapacity(..._: unknown[]): never[] { return []; }
export function validateCSIStorageCapacityUpdate(..._: unknown[]): never[] { return []; }
