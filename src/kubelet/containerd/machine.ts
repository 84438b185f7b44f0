import { existsSync, readFileSync, statfsSync } from 'node:fs';

export type CgroupDriver = 'systemd' | 'cgroupfs';

/** What the machine allows a container runtime to do. */
export interface MachineFacts {
  cgroupVersion: 1 | 2;
  cgroupDriver: CgroupDriver;
  /** Without CAP_SYS_RESOURCE no process may lower its oom_score_adj. */
  mayLowerOomScore: boolean;
  appArmor: boolean;
}

const CGROUP2_SUPER_MAGIC = 0x63677270;
const CAP_SYS_RESOURCE = 24n;

function effectiveCapabilities(): bigint {
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return BigInt(`0x${line?.[1] ?? '0'}`);
}

function isAppArmorEnabled(): boolean {
  try {
    return readFileSync('/sys/module/apparmor/parameters/enabled', 'utf8').startsWith('Y');
  } catch {
    return false;
  }
}

/** Looks at this machine. systemd runs the cgroups only where it is PID 1 on the unified hierarchy. */
export function detectMachine(): MachineFacts {
  const unified = statfsSync('/sys/fs/cgroup').type === CGROUP2_SUPER_MAGIC;
  const systemd = unified && existsSync('/run/systemd/system');
  return {
    cgroupVersion: unified ? 2 : 1,
    cgroupDriver: systemd ? 'systemd' : 'cgroupfs',
    mayLowerOomScore: (effectiveCapabilities() & (1n << CAP_SYS_RESOURCE)) !== 0n,
    appArmor: isAppArmorEnabled(),
  };
}
