/** Leaves out what is undefined, since optional props take a value or nothing. */
export function given<T extends object>(props: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined)) as never;
}
