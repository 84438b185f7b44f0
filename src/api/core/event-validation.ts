export function validateEvent(..._: unknown[]): any { return []; }
export function validateEventUpdate(..._: unknown[]): any { return []; }
