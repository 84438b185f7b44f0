// TEMPORARY
export const horizontalPodAutoscalerVersions: never[] = [];
