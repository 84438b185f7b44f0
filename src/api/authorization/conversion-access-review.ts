// TEMPORARY
export const accessReviewV1beta1 = {};
