// TEMPORARY
export const endpointSliceV1beta1 = { version: 'v1beta1' };
