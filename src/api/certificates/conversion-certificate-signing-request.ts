// TEMPORARY
export const certificateSigningRequestV1beta1 = { version: 'v1beta1' };
