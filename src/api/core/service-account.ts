import type { ServiceAccount } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';

/** A ServiceAccount: who the processes in a pod are to the API server. */
export const serviceAccountKind = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  namespaced: true,
  hasStatus: false,
  otherSubresources: [{ name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] }],
  warnings(account, old) {
    if (account.metadata.annotations?.[ENFORCE] !== 'true' || old?.metadata.annotations?.[ENFORCE] === 'true') return [];
    return [`metadata.annotations[${ENFORCE}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`];
  },

  columns: [nameColumn, textColumn('Secrets', 'How many secrets the account names.'), ageColumn],
  row: (account, now): Cell[] => [account.metadata.name, account.secrets?.length ?? 0, ageCell(account, now)],
});

const ENFORCE = 'kubernetes.io/enforce-mountable-secrets';
