// TEMPORARY
export const flowSchemaVersions: never[] = [];
export const priorityLevelConfigurationVersions: never[] = [];
