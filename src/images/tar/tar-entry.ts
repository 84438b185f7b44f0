/** One member of a tar archive. Paths are relative, without `./` in front and `/` behind. */
export type TarEntry =
  | { path: string; type: 'directory'; mode: number }
  | { path: string; type: 'file'; mode: number; data: Buffer }
  | { path: string; type: 'symlink'; target: string }
  /** `target` is the path of another entry. */
  | { path: string; type: 'hardlink'; target: string };

export const BLOCK = 512;

export function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}
