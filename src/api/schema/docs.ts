import type { StructDescription } from './types.ts';

/** The sentences that the official documentation has on types and fields. */
export interface Documentation {
  /** `''` where nothing is said. */
  ofType(struct: StructDescription): string;
  ofField(struct: StructDescription, field: string): string;
}

type Texts = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;

/** Loads the documentation, a megabyte of it: only for those who show it. */
export async function loadDocumentation(): Promise<Documentation> {
  const module: { default: Texts } = await import('../generated/docs.json', { with: { type: 'json' } });
  const texts = module.default;
  const typeMeta = texts['meta-v1']?.['TypeMeta'];
  return {
    ofType: (struct) => texts[struct.file]?.[struct.name]?.[''] ?? '',
    ofField: (struct, field) => texts[struct.file]?.[struct.name]?.[field] ?? (struct.isKind ? typeMeta?.[field] : undefined) ?? '',
  };
}
