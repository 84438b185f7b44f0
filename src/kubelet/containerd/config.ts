import type { MachineFacts } from './machine.ts';

/** Where one node's containerd keeps its things; all paths absolute. */
export interface ContainerdPaths {
  root: string;
  state: string;
  socket: string;
  config: string;
  log: string;
  pidFile: string;
  opt: string;
  /** `hosts.toml` files by registry. */
  certsDir: string;
  cniConfDir: string;
  cniBinDir: string;
}

export function containerdPaths(directory: string, cniBinDir = '/usr/lib/cni'): ContainerdPaths {
  return {
    root: `${directory}/root`,
    state: `${directory}/state`,
    socket: `${directory}/containerd.sock`,
    config: `${directory}/config.toml`,
    log: `${directory}/containerd.log`,
    pidFile: `${directory}/containerd.pid`,
    opt: `${directory}/opt`,
    certsDir: `${directory}/certs.d`,
    cniConfDir: `${directory}/cni`,
    cniBinDir,
  };
}

/** Each costs start time or logs an error on machines without its file system, and none is used. */
const DISABLED_PLUGINS = [
  'io.containerd.snapshotter.v1.aufs',
  'io.containerd.snapshotter.v1.btrfs',
  'io.containerd.snapshotter.v1.devmapper',
  'io.containerd.snapshotter.v1.zfs',
  'io.containerd.internal.v1.tracing',
  'io.containerd.tracing.processor.v1.otlp',
];

const text = (value: string): string => JSON.stringify(value);

/** containerd's configuration for one node, in TOML. */
export function containerdConfig(paths: ContainerdPaths, machine: MachineFacts, sandboxImage: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = ${text(paths.root)}
state = ${text(paths.state)}
disabled_plugins = [${DISABLED_PLUGINS.map(text).join(', ')}]

[grpc]
  address = ${text(paths.socket)}

[debug]
  level = "warn"

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(paths.opt)}

[${cri}]
  sandbox_image = ${text(sandboxImage)}
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  restrict_oom_score_adj = ${!machine.mayLowerOomScore}
  disable_apparmor = ${!machine.appArmor}
  tolerate_missing_hugetlb_controller = true
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true

[${cri}.cni]
  bin_dir = ${text(paths.cniBinDir)}
  conf_dir = ${text(paths.cniConfDir)}
  max_conf_num = 1

[${cri}.registry]
  config_path = ${text(paths.certsDir)}

[${cri}.containerd]
  default_runtime_name = "runc"

[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[${cri}.containerd.runtimes.runc.options]
  SystemdCgroup = ${machine.cgroupDriver === 'systemd'}
`;
}
