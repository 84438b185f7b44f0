import { machineArchitecture, type Architecture } from '../architecture.ts';
import { FileTree } from '../file-tree.ts';
import { ociArchive, type OciArchive } from '../oci-archive.ts';
import { ensureImage, type EnsureImageOptions } from '../runtime/index.ts';
import { pauseProgram } from './pause-program.ts';

/** The sandbox image: one program of a few hundred bytes, run by nobody in particular. */
export function pauseImage(architecture: Architecture): OciArchive {
  const tree = new FileTree();
  tree.addFile('pause', pauseProgram(architecture), 0o755);
  return ociArchive(
    tree.entries(),
    { Entrypoint: ['/pause'], User: '65535:65535', WorkingDir: '/', Env: ['PATH=/usr/bin:/bin'] },
    architecture,
  );
}

/** Makes the sandbox image, without which no pod starts, available under its name. Downloads nothing; leaves an image of that name as it is. */
export async function ensurePauseImage(options: EnsureImageOptions): Promise<void> {
  await ensureImage(options, () => pauseImage(machineArchitecture()));
}
