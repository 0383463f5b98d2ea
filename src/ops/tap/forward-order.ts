/** Names in the order of the forward pass. */
export interface ForwardOrder {
  readonly names: readonly string[];
  /** Notes that the pass has come to a name; a new one has its place behind those that it has come to before. */
  pass(name: string): void;
}

/** @param known the names that there are before the first pass, in its order; where branches are parallel, tfjs may take another one. */
export function forwardOrder(known: readonly string[]): ForwardOrder {
  const names = [...known];
  let furthest = -1;
  return {
    names,
    pass(name) {
      if (!names.includes(name)) names.splice(furthest + 1, 0, name);
      furthest = Math.max(furthest, names.indexOf(name));
    },
  };
}
