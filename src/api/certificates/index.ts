import { certificateSigningRequestKind } from './certificate-signing-request.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `certificates.k8s.io`. */
export const certificatesKinds: readonly KindDefinition[] = [certificateSigningRequestKind];
