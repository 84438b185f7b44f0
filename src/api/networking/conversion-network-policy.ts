// TEMPORARY
export const networkPolicyExtensionsV1beta1 = { version: 'v1beta1', group: 'extensions' };
