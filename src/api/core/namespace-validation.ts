export function validateNamespaceStatus(..._: unknown[]): any { return []; }
