// TEMPORARY
export const webhookConfigurationV1beta1 = (_kind: string) => ({ version: 'v1beta1' });
