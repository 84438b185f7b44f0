// TEMPORARY
export function validateMutatingAdmissionPolicyBinding(..._: unknown[]): never[] { return []; }
export function validateValidatingAdmissionPolicyBinding(..._: unknown[]): never[] { return []; }
