import { ownMemory } from './own-memory.js';

/**
 * Values as [outer, length, inner] in runs of `width` along `length`, the last of which may be shorter; numbered in the order
 * [outer, run, inner].
 */
export interface AxisRuns {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly width: number;
}

/** Runs up to this width are ranked all against all, which takes less time than a search for the lowest that stays. */
const shortRun = 32;

/**
 * A mask of the highest scores of each run, ties to the lowest index: `keep` of every run, or as many as a word of its own says; all of a
 * run that has no more. No score may be NaN. Scores may come in pieces that follow one another; those of another type are rounded to float32.
 *
 * @example
 * ```ts
 * highestInRuns(Float32Array.of(3, 5, 1, 4), {outer: 1, length: 4, inner: 1, width: 4}, 2); // [0, 1, 0, 1]
 * ```
 */
export function highestInRuns(
  scores: Float32Array | readonly Float32Array[],
  runs: AxisRuns,
  keep: number | Uint32Array,
): Uint8Array {
  const { outer, length, inner, width } = runs;
  const isShort = width <= shortRun && (inner === 1 || inner >= 4);
  // A number is a vector of equal budgets, from which nobody moves on.
  const [budgets, step] = typeof keep === 'number' ? [new Uint32Array(4).fill(keep), 0] : [keep, 4];
  const count = outer * length * inner;
  const { memory, wasm, areas } = ownMemory([4 * count, count, budgets.byteLength, isShort ? 0 : roomOf(runs)]);
  const [scoresAt, maskAt, budgetsAt, room] = areas;
  let next = scoresAt;
  // By value, whatever type they are of: the bytes of other numbers would be no scores.
  const pieces = (typeof scores[0] === 'object' ? scores : [scores]) as readonly Float32Array[];
  for (const piece of pieces) {
    new Float32Array(memory.buffer, next, piece.length).set(piece);
    next += 4 * piece.length;
  }
  new Uint32Array(memory.buffer, budgetsAt, budgets.length).set(budgets);
  const numbers = inner === 1 ? [outer, length] : [outer, length, inner];
  const kernel = isShort ? 'highest' : 'select';
  wasm[`${kernel}${inner === 1 ? 'Along' : 'Across'}`](scoresAt, maskAt, ...numbers, width, budgetsAt, step, room);
  return new Uint8Array(memory.buffer, maskAt, count).slice();
}

/** What the search works in: counters, bounds of the runs side by side, up to 16 of these runs and one more. */
function roomOf({ length, inner, width }: AxisRuns): number {
  return 16384 + 8 * inner + (Math.min(16, inner) + 1) * (4 * Math.min(width, length) + 80);
}

/**
 * The index of the first score that has no rank, NaN or +Infinity; -1 where there is none.
 *
 * @example
 * ```ts
 * firstUnranked(Float32Array.of(1, Number.NaN)); // 1
 * ```
 */
export function firstUnranked(scores: Float32Array): number {
  const { memory, wasm, areas } = ownMemory([4 * scores.length]);
  new Float32Array(memory.buffer).set(scores, areas[0] / 4);
  return wasm.firstUnranked(areas[0], scores.length);
}
