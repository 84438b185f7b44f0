/** A processor as image configurations name it. */
export type Architecture = 'amd64' | 'arm64';

/** This machine's. Throws where no image can be built. */
export function machineArchitecture(arch: string = process.arch): Architecture {
  if (arch === 'x64') return 'amd64';
  if (arch === 'arm64') return 'arm64';
  throw new Error(`images can be built on amd64 and arm64 only, not on ${arch}`);
}
