import { portLevels } from './port-levels.js';

/** A forwarding adder network. */
export interface Fan {
  readonly levels: number;
  readonly adders: number;
  /** Cycles from the products to a sum that spans all leaves, a cycle per level. */
  readonly latencyCycles: number;
}

/**
 * The forwarding adder network of SIGMA: a tree of n - 1 adders over n leaves, `log2 n` levels, that adds up groups of
 * neighbouring leaves of any sizes at once, through links that forward past adders.
 *
 * @param leaves n, a power of two.
 * @throws SparsityError when n is not a power of two of at least 2.
 * @example
 * ```ts
 * fan(128); // {levels: 7, adders: 127, latencyCycles: 7}
 * ```
 */
export function fan(leaves: number): Fan {
  const levels = portLevels('leaves of an adder network', leaves);
  return { levels, adders: leaves - 1, latencyCycles: levels };
}
