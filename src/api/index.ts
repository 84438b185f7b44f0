export * from './kind-definition.ts';
export * from './schema/index.ts';
export * from './protobuf/index.ts';
export * from './kinds.ts';
export * from './printing.ts';
export { parseCronSchedule, type CronSchedule } from './batch/cron-schedule.ts';
