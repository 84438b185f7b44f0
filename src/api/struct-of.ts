/** The struct in a field of an object; an absent one is made first: the API writes structs even when they are empty. */
export function structOf<T extends object, K extends keyof T>(object: T, field: K): NonNullable<T[K]> {
  return (object[field] ??= {} as NonNullable<T[K]>);
}
