/** A choice for a stage of a path. */
export interface Choice<Run> {
  /** A cost that its run does not fall below. */
  readonly bound: number;
  run(): Run;
}

/**
 * Runs those choices of each stage that the cheapest path, found greedily or by Viterbi, may take, in their order; the others lose by
 * their bounds. A choice loses to one that is cheaper even with the dearest change before it and the dearest change of its successor.
 *
 * @param cost of a run after the cheapest change and after the dearest.
 */
export function survivors<Run>(
  stages: readonly (readonly Choice<Run>[])[],
  cost: (run: Run) => { readonly least: number; readonly most: number },
): Run[][] {
  let change = 0; // what the choice of this stage may add to the cost of the next
  return stages
    .toReversed()
    .map((choices) => {
      const order = choices.map(({ bound }, i) => ({ bound, i })).sort((a, b) => a.bound - b.bound);
      const runs = new Map<number, Run>();
      let limit = Number.POSITIVE_INFINITY;
      let dearest = 0;
      for (const { bound, i } of order) {
        if (bound > limit * (1 + 1e-9)) break; // sums of floating-point prices are not exact
        const run = choices[i].run();
        const { least, most } = cost(run);
        limit = Math.min(limit, most + change);
        dearest = Math.max(dearest, most - least);
        runs.set(i, run);
      }
      change = dearest;
      return [...runs].sort(([a], [b]) => a - b).map(([, run]) => run);
    })
    .reverse();
}
