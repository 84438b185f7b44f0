export function validateNode(..._: unknown[]): any { return []; }
export function validateNodeUpdate(..._: unknown[]): any { return []; }
