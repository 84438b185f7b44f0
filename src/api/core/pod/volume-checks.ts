import type { FieldError, FieldPath } from '#apimachinery';
import type { VolumeSource } from '../../generated/core-v1.ts';

/** Appends to `errors` what is wrong with a part of an object. */
export type Check<Part> = (part: Part, path: FieldPath, errors: FieldError[]) => void;

/** A check for each sort of volume. */
export type VolumeChecks = { readonly [Type in keyof VolumeSource]?: Check<NonNullable<VolumeSource[Type]>> };
