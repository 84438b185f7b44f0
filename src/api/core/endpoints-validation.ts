export function validateEndpoints(..._: unknown[]): any { return []; }
export function validateEndpointsUpdate(..._: unknown[]): any { return []; }
