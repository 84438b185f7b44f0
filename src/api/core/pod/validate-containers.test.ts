import { describe } from 'vitest';
import type { Part } from '../core.fixture.ts';
import { container, LABEL, pod, table, withContainer } from './pod-validation.fixture.ts';

describe('containers', () => {
  table([
    ['are needed', pod({ containers: [] }), ['spec.containers: Required value']],
    ['have a name', withContainer({ name: '' }), ['spec.containers[0].name: Required value']],
    ['have a proper name', withContainer({ name: 'Web' }), [`spec.containers[0].name: Invalid value: "Web": ${LABEL}`]],
    ['have a name of their own', pod({ containers: [container(), container()] }), ['spec.containers[1].name: Duplicate value: "c"']],
    ['share no name with init containers', pod({ initContainers: [container()] }), ['spec.initContainers[0].name: Duplicate value: "c"']],
    ['have an image', withContainer({ image: '' }), ['spec.containers[0].image: Required value']],
    [
      'have an image without spaces around',
      withContainer({ image: ' nginx' }),
      ['spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace'],
    ],
    [
      'are pulled in a way that there is',
      withContainer({ imagePullPolicy: 'Sometimes' }),
      ['spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"'],
    ],
    [
      'say their last words in a way that there is',
      withContainer({ terminationMessagePolicy: 'Mail' }),
      ['spec.containers[0].terminationMessagePolicy: Unsupported value: "Mail": supported values: "File", "FallbackToLogsOnError"'],
    ],
    [
      'without rules of their own cannot have rules for restarts',
      withContainer({ restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [3] } }] }),
      ['spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used'],
    ],
  ]);
});

describe('ports', () => {
  const ports = (...list: Part[]): Part => withContainer({ ports: list });
  table([
    ['have a number', ports({ name: 'http' }), ['spec.containers[0].ports[0].containerPort: Required value']],
    [
      'have a number that there is',
      ports({ containerPort: 70000 }),
      ['spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    ],
    [
      'have a protocol that there is',
      ports({ containerPort: 80, protocol: 'HTTP' }),
      ['spec.containers[0].ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      'have short names',
      ports({ containerPort: 80, name: 'a-very-long-port-name' }),
      ['spec.containers[0].ports[0].name: Invalid value: "a-very-long-port-name": must be no more than 15 characters'],
    ],
    [
      'have names of their own',
      ports({ containerPort: 80, name: 'a' }, { containerPort: 81, name: 'a' }),
      ['spec.containers[0].ports[1].name: Duplicate value: "a"'],
    ],
    [
      'of the host are taken once',
      ports({ containerPort: 80, hostPort: 80 }, { containerPort: 81, hostPort: 80 }),
      ['spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"'],
    ],
    [
      'on the host network are those of the host',
      withContainer({ ports: [{ containerPort: 80, hostPort: 81 }] }, { hostNetwork: true }),
      ['spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true'],
    ],
  ]);
});

describe('the environment', () => {
  const env = (variable: Part): Part => withContainer({ env: [variable] });
  const at = 'spec.containers[0].env[0]';
  table([
    ['has names', env({ value: 'x' }), [`${at}.name: Required value`]],
    [
      'has names without equals signs',
      env({ name: 'a=b' }),
      [
        `${at}.name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than '='`,
      ],
    ],
    [
      'has one source for a value',
      env({ name: 'A', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }),
      [`${at}.valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`],
    ],
    [
      'has a source for a value from elsewhere',
      env({ name: 'A', valueFrom: {} }),
      [
        `${at}.valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\`, \`secretKeyRef\` or \`fileKeyRef\``,
      ],
    ],
    [
      'has not every field',
      env({ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } }),
      [
        `${at}.valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`,
      ],
    ],
    [
      'has no field that there is not',
      env({ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.color' } } }),
      [
        `${at}.valueFrom.fieldRef.fieldPath: Invalid value: "spec.color": error converting fieldPath: field label not supported: spec.color`,
      ],
    ],
    [
      'has no resource that there is not',
      env({ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.gpu' } } }),
      [
        `${at}.valueFrom.resourceFieldRef.resource: Unsupported value: "limits.gpu": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"`,
      ],
    ],
    [
      'can come from a whole object',
      withContainer({ envFrom: [{}] }),
      ['spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`'],
    ],
  ]);
});

describe('resources', () => {
  const resources = (value: Part): Part => withContainer({ resources: value });
  const at = 'spec.containers[0].resources';
  table([
    [
      'are requested within their limit',
      resources({ requests: { cpu: '2' }, limits: { cpu: '1' } }),
      [`${at}.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`],
    ],
    [
      'are not negative',
      resources({ requests: { memory: '-1Gi' } }),
      [`${at}.requests[memory]: Invalid value: "-1Gi": must be greater than or equal to 0`],
    ],
    [
      'have a name that there is',
      resources({ requests: { gpu: '1' } }),
      [
        `${at}.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
        `${at}.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
      ],
    ],
    [
      'that are counted are whole',
      resources({ limits: { 'example.com/gpu': '500m' } }),
      [
        `${at}.limits[example.com/gpu]: Invalid value: "500m": must be an integer`,
        `${at}.requests[example.com/gpu]: Invalid value: "500m": must be an integer`,
      ],
    ],
    [
      'that are counted are requested as they are limited',
      resources({ limits: { 'example.com/gpu': '2' }, requests: { 'example.com/gpu': '1' } }),
      [`${at}.requests: Invalid value: "1": must be equal to example.com/gpu limit of 2`],
    ],
    [
      'that are counted are limited',
      resources({ requests: { 'example.com/gpu': '1' } }),
      [`${at}.limits: Required value: Limit must be set for non overcommitable resources`],
    ],
    ['of huge pages need others', resources({ limits: { 'hugepages-2Mi': '4Mi' } }), [`${at}: Forbidden: HugePages require cpu or memory`]],
    [
      'of a pod are at least those of its containers',
      withContainer({ resources: { requests: { cpu: '2' } } }, { resources: { requests: { cpu: '1' } } }),
      ['spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2'],
    ],
  ]);
});

describe('mounts', () => {
  const mount = (fields: Part): Part =>
    withContainer({ volumeMounts: [{ name: 'v', mountPath: '/v', ...fields }] }, { volumes: [{ name: 'v', emptyDir: {} }] });
  table([
    ['are of a volume that there is', mount({ name: 'w' }), ['spec.containers[0].volumeMounts[0].name: Not found: "w"']],
    ['have a place', mount({ mountPath: '' }), ['spec.containers[0].volumeMounts[0].mountPath: Required value']],
    [
      'have a place of their own',
      withContainer(
        {
          volumeMounts: [
            { name: 'v', mountPath: '/v' },
            { name: 'v', mountPath: '/v' },
          ],
        },
        { volumes: [{ name: 'v' }] },
      ),
      ['spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique'],
    ],
    [
      'stay in their volume',
      mount({ subPath: '../etc' }),
      ['spec.containers[0].volumeMounts.subPath: Invalid value: "../etc": must not contain \'..\''],
    ],
    [
      'are shared with the host by the privileged alone',
      mount({ mountPropagation: 'Bidirectional' }),
      [
        'spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers',
      ],
    ],
  ]);
});

describe('probes and hooks', () => {
  const at = 'spec.containers[0]';
  table([
    ['do something', withContainer({ livenessProbe: {} }), [`${at}.livenessProbe: Required value: must specify a handler type`]],
    [
      'do one thing',
      withContainer({ readinessProbe: { exec: { command: ['x'] }, tcpSocket: { port: 1 } } }),
      [`${at}.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
    ],
    [
      'need one success for life',
      withContainer({ livenessProbe: { exec: { command: ['x'] }, successThreshold: 2 } }),
      [`${at}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
    ],
    [
      'knock at ports that there are',
      withContainer({ startupProbe: { httpGet: { port: 0 } } }),
      [`${at}.startupProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`],
    ],
    [
      'wait for no negative time',
      withContainer({ livenessProbe: { exec: { command: ['x'] }, periodSeconds: -1 } }),
      [`${at}.livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0`],
    ],
    [
      'run a command that is named',
      withContainer({ lifecycle: { postStart: { exec: {} } } }),
      [`${at}.lifecycle.postStart.exec.command: Required value`],
    ],
    [
      'sleep no longer than the grace',
      withContainer({ lifecycle: { preStop: { sleep: { seconds: 60 } } } }),
      [`${at}.lifecycle.preStop.sleep: Invalid value: 60: must be non-negative and less than terminationGracePeriodSeconds (30)`],
    ],
    [
      'are nothing for init containers',
      pod({ initContainers: [container({ name: 'i', livenessProbe: { exec: { command: ['x'] } } })] }),
      ['spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always'],
    ],
  ]);
});

describe('rights', () => {
  const context = (value: Part): Part => withContainer({ securityContext: value });
  table([
    [
      'are those of a user that there is',
      context({ runAsUser: -1 }),
      ['spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive'],
    ],
    [
      'are not given and taken at once',
      context({ privileged: true, allowPrivilegeEscalation: false }),
      [
        'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ],
    ],
    [
      'by a profile of the host name it',
      context({ seccompProfile: { type: 'Localhost' } }),
      ['spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost'],
    ],
    [
      'of other users leave the host alone',
      pod({ hostUsers: false, hostPID: true }),
      ['spec.HostPID: Forbidden: when `pod.Spec.HostUsers` is false'],
    ],
    [
      'over kernel settings go by name',
      pod({ securityContext: { sysctls: [{ name: '', value: '1' }] } }),
      ['spec.securityContext.sysctls[0].name: Required value'],
    ],
    [
      'of Windows are nothing for Linux',
      pod({ os: { name: 'linux' }, securityContext: { windowsOptions: {} } }),
      ['spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod'],
    ],
  ]);
});
