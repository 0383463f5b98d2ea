import { SparsityError } from '../../errors.js';
import type { SweepPoint } from './sweep-points.js';

/** A part of a sweep: `index` (from 1) of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * Reads `2/8`: the second of eight parts.
 *
 * @throws SparsityError unless 1 <= index <= count.
 */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (index >= 1 && index <= count) return { index, count };
  const fix = 'write --shard 1/8 for the first of eight machines';
  throw new SparsityError({ what: '--shard', got: text, expected: 'i/n with i from 1 to n', fix });
}

/** The points of a part: decided by their ids alone, so that all machines agree without talking. */
export function pointsOfShard(points: readonly SweepPoint[], { index, count }: Shard): SweepPoint[] {
  return points.filter(({ id }) => Number.parseInt(id.slice(0, 12), 16) % count === index - 1);
}
