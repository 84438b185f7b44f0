import type { FileTree } from '../file-tree.ts';

const FOLDER = 'usr/share/ca-certificates/';

/** Joins the certificates of the package ca-certificates in the one file that programs read, as its installation would. */
export function addCertificateBundle(tree: FileTree): void {
  const certificates = tree
    .entries()
    .flatMap((entry) => (entry.type === 'file' && entry.path.startsWith(FOLDER) && entry.path.endsWith('.crt') ? [entry.data] : []));
  if (certificates.length > 0) tree.addFile('etc/ssl/certs/ca-certificates.crt', Buffer.concat(certificates));
}
