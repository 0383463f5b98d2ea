/**
 * The cheapest path through stages of candidates, stage by stage: each stage takes what is best after the choice before it
 * (the scheduler as printed, ledger E10).
 *
 * @param cost cost of taking candidate `c` of stage `s` after candidate `p` of stage `s - 1` (-1 before the first).
 * @returns the candidate of each stage; at a tie the first.
 */
export function greedyPath(candidates: readonly number[], cost: (s: number, p: number, c: number) => number): number[] {
  let previous = -1;
  return candidates.map((count, stage) => {
    let best = 0;
    let bestCost = cost(stage, previous, 0);
    for (let c = 1; c < count; c++) {
      const candidateCost = cost(stage, previous, c);
      if (candidateCost < bestCost) [best, bestCost] = [c, candidateCost];
    }
    previous = best;
    return best;
  });
}

/**
 * The cheapest path of all, by dynamic programming (Viterbi): never dearer than {@link greedyPath}, equal where the cost does not
 * depend on the candidate before.
 */
export function viterbiPath(candidates: readonly number[], cost: (s: number, p: number, c: number) => number): number[] {
  let reached = [0];
  const origins = candidates.map((count, stage) => {
    const from: number[] = [];
    const next: number[] = [];
    for (let c = 0; c < count; c++) {
      let best = 0;
      let bestCost = Number.POSITIVE_INFINITY;
      for (let p = 0; p < reached.length; p++) {
        const total = reached[p] + cost(stage, stage === 0 ? -1 : p, c);
        if (total < bestCost) [best, bestCost] = [p, total];
      }
      from.push(best);
      next.push(bestCost);
    }
    reached = next;
    return from;
  });
  const path: number[] = [];
  let at = reached.indexOf(Math.min(...reached));
  for (let stage = candidates.length - 1; stage >= 0; stage--) {
    path.unshift(at);
    at = origins[stage][at];
  }
  return path;
}
