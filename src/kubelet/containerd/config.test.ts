import { expect, test } from 'vitest';
import { containerdConfig, containerdPaths } from './config.ts';

const paths = containerdPaths('/data/n1');

test('the configuration follows what the machine allows', () => {
  const config = containerdConfig(
    paths,
    { cgroupVersion: 1, cgroupDriver: 'cgroupfs', mayLowerOomScore: false, appArmor: false },
    'pause:1',
  );
  expect(config).toContain('restrict_oom_score_adj = true');
  expect(config).toContain('disable_apparmor = true');
  expect(config).toContain('SystemdCgroup = false');
  expect(config).toContain('sandbox_image = "pause:1"');
  const other = containerdConfig(paths, { cgroupVersion: 2, cgroupDriver: 'systemd', mayLowerOomScore: true, appArmor: true }, 'pause:1');
  expect(other).toContain('restrict_oom_score_adj = false');
  expect(other).toContain('SystemdCgroup = true');
});

test('everything that two nodes of a machine must not share stands below the node directory', () => {
  const config = containerdConfig(
    paths,
    { cgroupVersion: 1, cgroupDriver: 'cgroupfs', mayLowerOomScore: false, appArmor: false },
    'pause:1',
  );
  for (const name of ['root', 'state', 'address', 'path', 'conf_dir', 'config_path'])
    expect(config).toMatch(new RegExp(`^ *${name} = "/data/n1/`, 'm'));
});
