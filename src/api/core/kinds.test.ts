import { describe, expect, test } from 'vitest';
import { kindOf, row, type CoreKind } from './core.fixture.ts';
import { coreKinds } from './index.ts';

test('every kind is there under the names that people type', () => {
  const names = coreKinds.map(({ kind, resource, singular, shortNames = [], namespaced }) => [
    kind,
    resource,
    singular,
    shortNames.join(),
    namespaced,
  ]);
  expect(names).toEqual([
    ['Binding', 'bindings', 'binding', '', true],
    ['ComponentStatus', 'componentstatuses', 'componentstatus', 'cs', false],
    ['ConfigMap', 'configmaps', 'configmap', 'cm', true],
    ['Endpoints', 'endpoints', 'endpoints', 'ep', true],
    ['Event', 'events', 'event', 'ev', true],
    ['LimitRange', 'limitranges', 'limitrange', 'limits', true],
    ['Namespace', 'namespaces', 'namespace', 'ns', false],
    ['Node', 'nodes', 'node', 'no', false],
    ['PersistentVolumeClaim', 'persistentvolumeclaims', 'persistentvolumeclaim', 'pvc', true],
    ['PersistentVolume', 'persistentvolumes', 'persistentvolume', 'pv', false],
    ['Pod', 'pods', 'pod', 'po', true],
    ['PodTemplate', 'podtemplates', 'podtemplate', '', true],
    ['ReplicationController', 'replicationcontrollers', 'replicationcontroller', 'rc', true],
    ['ResourceQuota', 'resourcequotas', 'resourcequota', 'quota', true],
    ['Secret', 'secrets', 'secret', '', true],
    ['ServiceAccount', 'serviceaccounts', 'serviceaccount', 'sa', true],
    ['Service', 'services', 'service', 'svc', true],
  ]);
});

test('`kubectl get all` shows pods, replication controllers and services', () => {
  const all = coreKinds.filter(({ categories }) => categories?.includes('all')).map(({ resource }) => resource);
  expect(all).toEqual(['pods', 'replicationcontrollers', 'services']);
});

test('subresources are those of discovery', () => {
  const names = coreKinds.flatMap(({ resource, hasStatus, scale, otherSubresources = [] }) =>
    [...otherSubresources.map(({ name }) => name), ...(hasStatus ? ['status'] : []), ...(scale ? ['scale'] : [])].map(
      (name) => `${resource}/${name}`,
    ),
  );
  expect(names.toSorted()).toEqual([
    'namespaces/finalize',
    'namespaces/status',
    'nodes/proxy',
    'nodes/status',
    'persistentvolumeclaims/status',
    'persistentvolumes/status',
    'pods/attach',
    'pods/binding',
    'pods/ephemeralcontainers',
    'pods/eviction',
    'pods/exec',
    'pods/log',
    'pods/portforward',
    'pods/proxy',
    'pods/resize',
    'pods/status',
    'replicationcontrollers/scale',
    'replicationcontrollers/status',
    'resourcequotas/status',
    'serviceaccounts/token',
    'services/proxy',
    'services/status',
  ]);
});

describe('the table of', () => {
  test.each<[string, string]>([
    ['ComponentStatus', 'Name Status Message Error'],
    ['ConfigMap', 'Name Data Age'],
    ['Endpoints', 'Name Endpoints Age'],
    ['Event', 'Last Seen|Type|Reason|Object|Subobject+|Source+|Message|First Seen+|Count+|Name+'],
    ['LimitRange', 'Name|Created At'],
    ['Namespace', 'Name Status Age'],
    ['Node', 'Name Status Roles Age Version Internal-IP+ External-IP+ OS-Image+ Kernel-Version+ Container-Runtime+'],
    ['PersistentVolumeClaim', 'Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode+'],
    [
      'PersistentVolume',
      'Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age|VolumeMode+',
    ],
    ['Pod', 'Name|Ready|Status|Restarts|Age|IP+|Node+|Nominated Node+|Readiness Gates+'],
    ['PodTemplate', 'Name|Containers|Images|Pod Labels'],
    ['ReplicationController', 'Name Desired Current Ready Age Containers+ Images+ Selector+'],
    ['ResourceQuota', 'Name Request Limit Age'],
    ['Secret', 'Name Type Data Age'],
    ['ServiceAccount', 'Name Secrets Age'],
    ['Service', 'Name Type Cluster-IP External-IP Port(s) Age Selector+'],
  ])('%s has its columns, with + those that are shown when wide', (kind, columns) => {
    const shown = (kindOf(kind).columns ?? []).map(({ name, priority }) => (priority ? `${name}+` : name));
    expect(shown).toEqual(columns.split(columns.includes('|') ? '|' : ' '));
  });

  test.each(coreKinds.filter(({ columns }) => columns !== undefined).map(({ kind }) => kind as CoreKind))(
    '%s has a cell for each column even of an empty object',
    (kind) => {
      expect(row(kind, {})).toHaveLength(kindOf(kind).columns?.length ?? 0);
    },
  );
});
