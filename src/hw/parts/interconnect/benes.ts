import { portLevels } from './port-levels.js';

/** A Benes network of 2x2 switches. */
export interface Benes {
  readonly stages: number;
  readonly switches: number;
  /** Cycles of a word, one per stage, when every stage is a pipeline stage. */
  readonly stagedLatencyCycles: number;
  /** Cycles of a word as SIGMA states them: a constant, O(1), for the whole network is passed in one. */
  readonly publishedLatencyCycles: number;
}

/**
 * A Benes network of n inputs and outputs, as SIGMA distributes operands: any permutation and multicast without conflicts, in
 * `2 log2 n - 1` stages of n/2 switches.
 *
 * @param ports n, a power of two.
 * @throws SparsityError when n is not a power of two of at least 2.
 * @example
 * ```ts
 * benes(128); // {stages: 13, switches: 832, stagedLatencyCycles: 13, publishedLatencyCycles: 1}
 * ```
 */
export function benes(ports: number): Benes {
  const stages = 2 * portLevels('ports of a Benes network', ports) - 1;
  return { stages, switches: (stages * ports) / 2, stagedLatencyCycles: stages, publishedLatencyCycles: 1 };
}
