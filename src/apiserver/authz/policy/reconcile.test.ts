import { describe, expect, it } from 'vitest';
import { clone } from '#apimachinery';
import type { ClusterRole, ClusterRoleBinding } from '#api/generated/rbac-v1.ts';
import { bootstrapPolicy, reconcilePolicyObject } from '../index.ts';

const find = (kind: string, name: string) =>
  clone(bootstrapPolicy().find((object) => object.kind === kind && object.metadata.name === name));
const role = (name = 'system:kube-dns') => find('ClusterRole', name) as ClusterRole;
const binding = () => find('ClusterRoleBinding', 'system:kube-dns') as ClusterRoleBinding;

describe('the default policy at start', () => {
  it('is created where it is missing and left alone where it is complete', () => {
    for (const object of bootstrapPolicy()) {
      expect(reconcilePolicyObject(object, undefined)).toEqual({ action: 'create', object });
      expect(reconcilePolicyObject(object, clone(object))).toBeUndefined();
    }
  });

  it('gets back rules and subjects that were taken away, and keeps what was added', () => {
    const extra = { verbs: ['get'], apiGroups: [''], resources: ['nodes'] };
    const present = { ...role(), rules: [extra] };
    expect(reconcilePolicyObject(role(), present)).toEqual({ action: 'update', object: { ...role(), rules: [extra, ...role().rules] } });
    const mine = { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'me' };
    const changed = reconcilePolicyObject(binding(), { ...binding(), subjects: [mine] } as ClusterRoleBinding);
    expect(changed?.object).toMatchObject({ subjects: [mine, { kind: 'ServiceAccount', name: 'kube-dns' }] });
  });

  it('does not touch what an administrator has taken over', () => {
    const present = { ...role(), rules: [] };
    present.metadata.annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
    expect(reconcilePolicyObject(role(), present)).toBeUndefined();
  });

  it('makes a binding anew whose role was changed', () => {
    const present = { ...binding(), roleRef: { ...binding().roleRef, name: 'cluster-admin' } };
    expect(reconcilePolicyObject(binding(), present)).toEqual({ action: 'recreate', object: binding() });
  });

  it('leaves the rules of aggregated roles to their controller', () => {
    const gathered: ClusterRole = { ...role('view'), rules: role().rules };
    expect(reconcilePolicyObject(role('view'), gathered)).toBeUndefined();
  });
});
