export * from './json-patch.ts';
export * from './merge-patch.ts';
export * from './schema.ts';
export { applyStrategicMergePatch } from './strategic-merge-patch.ts';
export { createStrategicMergePatch, createThreeWayMergePatch } from './strategic-diff.ts';
