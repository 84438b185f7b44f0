// TEMPORARY
export function validateResourceClaim(..._: unknown[]): never[] { return []; }
export function validateResourceClaimSpec(..._: unknown[]): never[] { return []; }
export function validateResourceClaimStatus(..._: unknown[]): never[] { return []; }
export function validateResourceClaimUpdate(..._: unknown[]): never[] { return []; }
