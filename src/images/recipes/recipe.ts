import type { ImageConfig } from '../oci-archive.ts';

/** What an image is made of: packages of the distribution, and what the official image of that name has beside them. Data only. */
export interface Recipe {
  /** Registry and repository of the image that it stands in for. */
  repository: string;
  /** Tags that the real one has, by their form: a mistyped tag stays an error. */
  tags: RegExp;
  packages: readonly string[];
  /** Libraries that the packages ask for and the image does without. */
  without?: RegExp;
  /** A shell, coreutils and busybox's applets to look around with. */
  shell?: boolean;
  /** Users beside root and nobody, each with a group of the same number. */
  users?: readonly User[];
  /** Folders and files of packages that do not belong into the image. */
  remove?: readonly string[];
  /** Mode by path. */
  directories?: Readonly<Record<string, number>>;
  /** Content by path; those that begin with `#!` are executable. */
  files?: Readonly<Record<string, string>>;
  /** Target by path. */
  links?: Readonly<Record<string, string>>;
  /** `versions`: upstream's version of each package. */
  config(versions: ReadonlyMap<string, string>): ImageConfig;
}

export interface User {
  name: string;
  id: number;
  home: string;
  shell?: string;
}

export const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const RELEASES = 'bookworm|bullseye|trixie|buster|alpine3\\.\\d{1,2}';

/** Tags of the forms `VERSION`, `VERSION-VARIANT` and `VARIANT`; a distribution's release is a variant of every image. */
export function tags(versions: string, variants?: string): RegExp {
  const all = variants === undefined ? RELEASES : `${variants}|${RELEASES}`;
  return new RegExp(`^((${versions})(-(${all}))?|${all})$`);
}
