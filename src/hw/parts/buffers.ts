import { SparsityError } from '../../errors.js';
import { checkAmount, checkChoice, checkPositive } from './checks.js';

/** Bits of a stored tensor by what they are: values, and all that says where the values belong. */
export interface StoredBits {
  readonly valueBits: number;
  readonly indexBits: number;
}

/** A buffer on the chip. */
export interface OnChipBuffer {
  readonly capacityBits: number;
  /**
   * `unified`: values and indices share all of it (001). `partitioned`: indices have a part of their own, values the rest.
   *
   * @default 'unified'
   */
  readonly kind?: 'unified' | 'partitioned';
  /** Share of a partitioned buffer that is kept for indices. @default 0.2 */
  readonly indexShare?: number;
}

/**
 * Share of a tensor that a buffer holds: unified `min(1, C / (V + I))`, partitioned `min(1, 0.8 C / V, 0.2 C / I)` (ledger 1.5).
 *
 * @throws SparsityError when a size of the tensor is below 0, the capacity is not above 0 or the index share is outside (0, 1).
 * @example
 * ```ts
 * const tensor = {valueBits: 3200, indexBits: 1600};
 * residentShare(tensor, {capacityBits: 4000}); // 0.833
 * residentShare(tensor, {capacityBits: 4000, kind: 'partitioned'}); // 0.5: 800 bits for 1600 bits of indices
 * ```
 */
export function residentShare(tensor: StoredBits, buffer: OnChipBuffer): number {
  return 1 / Math.max(1, ...fillings(tensor, buffer));
}

/**
 * Tiles that a tensor is cut into so that each fits the buffer, at least 1: the resident share, in whole tiles.
 *
 * @throws SparsityError as {@link residentShare} does.
 * @example
 * ```ts
 * bufferTiles({valueBits: 3200, indexBits: 1600}, {capacityBits: 4000}); // 2
 * ```
 */
export function bufferTiles(tensor: StoredBits, buffer: OnChipBuffer): number {
  const tiles = fillings(tensor, buffer).map((filling) => Math.ceil(filling - 1e-9)); // 0.8 of a capacity is not exact in binary
  return Math.max(1, ...tiles);
}

/** An operand on its way to the units: its bytes off chip, and the tiles that its buffer cuts it into. */
export interface TiledOperand {
  readonly bytes: number;
  readonly tiles: number;
}

/**
 * Bytes that two operands which all meet bring in: an operand of one tile is read once; of two that do not fit, one is read once
 * and the other once per tile of the first, whichever way round is cheaper.
 *
 * @throws SparsityError when bytes are not a number of at least 0, or tiles not a positive integer.
 * @example
 * ```ts
 * fetchedBytes({bytes: 100, tiles: 2}, {bytes: 30, tiles: 3}); // {firstBytes: 100, secondBytes: 60}
 * ```
 */
export function fetchedBytes(first: TiledOperand, second: TiledOperand): { firstBytes: number; secondBytes: number } {
  for (const { bytes, tiles } of [first, second]) {
    checkAmount('bytes of an operand', bytes);
    checkPositive('tiles of an operand', tiles);
  }
  const again = (operand: TiledOperand, other: TiledOperand) => operand.bytes * (operand.tiles > 1 ? other.tiles : 1);
  const firstOnce = { firstBytes: first.bytes, secondBytes: again(second, first) };
  const secondOnce = { firstBytes: again(first, second), secondBytes: second.bytes };
  const total = ({ firstBytes, secondBytes }: typeof firstOnce) => firstBytes + secondBytes;
  return total(secondOnce) < total(firstOnce) ? secondOnce : firstOnce;
}

/** What a tensor asks of each part of a buffer, in capacities of that part. */
function fillings(
  { valueBits, indexBits }: StoredBits,
  { capacityBits, kind = 'unified', indexShare = 0.2 }: OnChipBuffer,
): number[] {
  checkAmount('bits of values of a tensor', valueBits);
  checkAmount('bits of indices of a tensor', indexBits);
  if (!(capacityBits > 0)) {
    throw new SparsityError({
      what: 'capacity of a buffer in bits',
      got: capacityBits,
      expected: 'above 0',
      fix: 'pass 8192 for 1 KB',
    });
  }
  checkChoice('kind of a buffer', kind, ['unified', 'partitioned']);
  if (kind === 'unified') return [(valueBits + indexBits) / capacityBits];
  if (!(indexShare > 0 && indexShare < 1)) {
    throw new SparsityError({
      what: 'index share of a buffer',
      got: indexShare,
      expected: 'a number in (0, 1)',
      fix: 'pass 0.2 for 20 %',
    });
  }
  return [valueBits / (capacityBits * (1 - indexShare)), indexBits / (capacityBits * indexShare)];
}
