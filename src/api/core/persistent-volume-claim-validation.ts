export function validateClaim(..._: unknown[]): any { return []; }
export function validateClaimStatusUpdate(..._: unknown[]): any { return []; }
export function validateClaimUpdate(..._: unknown[]): any { return []; }
