export function validateLimitRange(..._: unknown[]): any { return []; }
