import type { AcfSpec } from './options.js';

/** Words that one distribution network delivers, a number per round. */
export interface Deliveries {
  readonly words: Float64Array;
  /** Most words for one fan-out group. */
  readonly link: Float64Array;
  /** Words per cycle of a group's link, in units of `linkWords`: as many as there are SPEs that take different words. */
  linkWidth: number;
  /** Words out of each bank of the buffer, [bank][round]. */
  readonly banks: Float64Array;
}

/** Parts of a tile, each between two barriers, as columns of numbers. */
export interface Rounds {
  readonly count: number;
  /** Most MAC slots of an SPE. */
  readonly longest: Float64Array;
  /** MAC slots of all SPEs. */
  readonly work: Float64Array;
  /** SPEs of the occupied rectangle. */
  rectangle: number;
  /** Partial sums that each lane moves to its accumulators; 0 where SPEs accumulate. */
  readonly laneSums: Float64Array;
  readonly input: Deliveries;
  readonly kernel: Deliveries;
}

export function emptyRounds(count: number, { banks }: AcfSpec): Rounds {
  const perRound = () => new Float64Array(count);
  const deliveries = () => ({ words: perRound(), link: perRound(), linkWidth: 1, banks: new Float64Array(banks * count) });
  return {
    ...{ count, longest: perRound(), work: perRound(), rectangle: 0, laneSums: perRound() },
    ...{ input: deliveries(), kernel: deliveries() },
  };
}

/** Makes rounds ready for another tile; link widths and lane sums stay. */
export function clearRounds({ longest, work, input, kernel }: Rounds): void {
  longest.fill(0);
  work.fill(0);
  for (const { words, link, banks } of [input, kernel]) {
    words.fill(0);
    link.fill(0);
    banks.fill(0);
  }
}

/** Adds words of one line of an operand, which lies in bank `line mod banks`, to a round. */
export function addWords(deliveries: Deliveries, line: number, round: number, words: number): void {
  const rounds = deliveries.words.length;
  deliveries.words[round] += words;
  deliveries.banks[(line % (deliveries.banks.length / rounds)) * rounds + round] += words;
}

/** Words out of the busiest bank. */
export function busiestBank({ words, banks }: Deliveries, round: number): number {
  let most = 0;
  for (let at = round; at < banks.length; at += words.length) if (banks[at] > most) most = banks[at];
  return most;
}
