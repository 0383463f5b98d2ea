/** Numbers the uses of each name on each tape in the order in which it is asked: 0 for the first, 1 for the second ... */
export function useCounter(): (tape: object, name: string) => number {
  const tapes = new WeakMap<object, Map<string, number>>();
  return (tape, name) => {
    const uses = tapes.get(tape) ?? new Map<string, number>();
    tapes.set(tape, uses);
    const use = uses.get(name) ?? 0;
    uses.set(name, use + 1);
    return use;
  };
}
