export function validateSecret(..._: unknown[]): any { return []; }
export function validateSecretUpdate(..._: unknown[]): any { return []; }
