/** Text armour around DER: base64 in lines of 64. */
export function toPem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Every block with this label, in order; other text and other blocks are skipped. */
export function pemBlocks(pem: string, label: string): Buffer[] {
  const blocks = pem.matchAll(new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`, 'g'));
  return [...blocks].map((block) => Buffer.from(block[1] ?? '', 'base64'));
}

/** The certificates of a PEM bundle, each as DER, in order. */
export function certificateBlocks(bundle: string): Buffer[] {
  return pemBlocks(bundle, 'CERTIFICATE');
}
