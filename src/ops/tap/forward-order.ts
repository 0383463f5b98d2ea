/** Names in the order of the forward pass. */
export interface ForwardOrder {
  readonly names: readonly string[];
  /**
   * Notes that the pass has come to a name; a new one has its place behind those that it has come to before, or that of the
   * `whole` of which it is a part.
   */
  pass(name: string, whole?: string): void;
}

/** @param known the names that there are before the first pass, in its order; where branches are parallel, tfjs may take another one. */
export function forwardOrder(known: readonly string[]): ForwardOrder {
  const names = [...known];
  let furthest = -1;
  return {
    names,
    pass(name, whole = name) {
      const at = names.indexOf(whole);
      if (!names.includes(name)) names.splice(at < 0 ? furthest + 1 : at, at < 0 ? 0 : 1, name);
      furthest = Math.max(furthest, names.indexOf(name));
    },
  };
}
