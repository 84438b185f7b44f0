/** The design's boundaries, checked on every run. `test/boundaries.test.ts` proves with a bad fixture that they can fail. */
const components = ['apiserver', 'controllers', 'scheduler', 'kubelet', 'kube-proxy', 'network', 'dns', 'ingress', 'kubectl', 'kubeadm'];
const root = process.env.SKIFF_BOUNDARIES_ROOT ?? 'src';

module.exports = {
  forbidden: [
    {
      name: 'components-do-not-know-each-other',
      comment: 'Everything is a client of the API server: components meet only through src/client.',
      severity: 'error',
      from: { path: `^${root}/(${components.join('|')})/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^${root}/(${components.join('|')})/`, pathNot: `^${root}/$1/` },
    },
    {
      name: 'only-storage-knows-etcd',
      comment: 'The API server reaches etcd through its narrow store interface.',
      severity: 'error',
      from: { path: `^${root}/`, pathNot: `^${root}/(etcd|cluster|apiserver/storage)/` },
      to: { path: `^${root}/etcd/` },
    },
    {
      name: 'machinery-is-pure',
      comment: 'src/apimachinery imports nothing of the project, and of Node.js only what computes.',
      severity: 'error',
      from: { path: `^${root}/apimachinery/`, pathNot: '\\.test\\.ts$' },
      to: { pathNot: [`^${root}/apimachinery/`, '^(node:)?(crypto|net)$'] },
    },
    {
      name: 'api-knows-only-machinery',
      severity: 'error',
      from: { path: `^${root}/api/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^${root}/`, pathNot: `^${root}/(api|apimachinery)/` },
    },
    {
      name: 'client-knows-only-api-and-machinery',
      severity: 'error',
      from: { path: `^${root}/client/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^${root}/`, pathNot: `^${root}/(client|api|apimachinery|pki)/` },
    },
    {
      name: 'only-cluster-wires',
      comment: 'Nothing below imports the wiring.',
      severity: 'error',
      from: { path: `^${root}/`, pathNot: `^${root}/cluster/` },
      to: { path: `^${root}/cluster/` },
    },
    {
      name: 'through-the-door',
      comment: "Another folder's index.ts is its door.",
      severity: 'error',
      from: { path: `^${root}/([^/]+)/`, pathNot: '\\.test\\.ts$' },
      to: {
        path: `^${root}/[^/]+/`,
        pathNot: [`^${root}/$1/`, `^${root}/[^/]+/index\\.ts$`, `^${root}/api/generated/`, `^${root}/apiserver/[^/]+/index\\.ts$`],
      },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^#api/generated' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
