import { cronJobKind } from './cron-job.ts';
import { jobKind } from './job.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `batch`. */
export const batchKinds: readonly KindDefinition[] = [cronJobKind, jobKind];
