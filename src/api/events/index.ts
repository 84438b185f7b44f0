// TEMPORARY
export const eventVersions: never[] = [];
