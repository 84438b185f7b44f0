// TEMPORARY
export function validateResourceSlice(..._: unknown[]): never[] { return []; }
export function validateResourceSliceUpdate(..._: unknown[]): never[] { return []; }
