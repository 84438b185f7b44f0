export function validateBinding(..._: unknown[]): any { return []; }
