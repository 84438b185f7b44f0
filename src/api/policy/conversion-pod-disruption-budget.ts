// TEMPORARY
export const podDisruptionBudgetV1beta1 = { version: 'v1beta1' };
