/** Non-zeros in buckets, in the order in which they are multiplied; bucket i is first[i] .. first[i + 1] - 1. */
export interface PlacedList {
  readonly first: Uint32Array;
  /** Row and column: positions of activations, offsets of weights. */
  readonly rows: Uint32Array;
  readonly cols: Uint32Array;
  /** The filter's share of a weight in the bank of its products; 0 for activations. */
  readonly hashes: Uint8Array;
}

/** A grid of elements that multiply vectors of activations with vectors of weights. */
export interface CartesianGrid {
  readonly elements: number;
  /** Classes of positions and weights that meet their own kind only. */
  readonly phases: number;
  readonly activationVector: number;
  readonly weightVector: number;
  readonly banks: number;
  /** Shares of an output in its bank, by position - offset + first; 64 and 128 flag that there is no output. */
  readonly rowHashes: Uint8Array;
  readonly colHashes: Uint8Array;
  readonly firstRow: number;
  readonly firstCol: number;
}

/** What barriers cost, added up. */
export interface CartesianSums {
  /** Of the slowest element of each barrier. */
  cycles: number;
  /** Element-cycles of waiting for the slowest. */
  waiting: number;
  /** Steps of a vector of activations times a vector of weights. */
  bricks: number;
  /** Cycles beyond the first of a brick: a bank adds one product at a time. */
  conflicts: number;
  /** Products of two non-zeros, and those of them that meet an output. */
  products: number;
  landed: number;
  /** Operands in whole vectors, per element. */
  activationWords: number;
  weightWords: number;
}

/**
 * Runs `channels` barriers: in each, every element multiplies its activations (buckets [channel][element][phase] from
 * `activationBucket`) with all the weights (buckets [channel][phase] from `weightBucket`), and all wait for the slowest. What
 * {@link CartesianKernel} computes.
 *
 * @example
 * ```ts
 * const list = (hash: number) => ({
 *   first: Uint32Array.of(0, 1), rows: Uint32Array.of(0), cols: Uint32Array.of(0), hashes: Uint8Array.of(hash),
 * });
 * const grid = {
 *   elements: 1, phases: 1, activationVector: 4, weightVector: 4, banks: 32,
 *   rowHashes: Uint8Array.of(0), colHashes: Uint8Array.of(0), firstRow: 0, firstCol: 0,
 * };
 * const sums = {cycles: 0, waiting: 0, bricks: 0, conflicts: 0, products: 0, landed: 0, activationWords: 0, weightWords: 0};
 * cartesianReference(grid, 1, list(0), 0, list(3), 0, sums);
 * sums.cycles; // 1
 * ```
 */
export function cartesianReference(
  grid: CartesianGrid,
  channels: number,
  activations: PlacedList,
  activationBucket: number,
  weights: PlacedList,
  weightBucket: number,
  sums: CartesianSums,
): void {
  const { elements, phases, activationVector: I, weightVector: F } = grid;
  for (let channel = 0; channel < channels; channel++) {
    const times = Array.from({ length: elements }, (_, element) => {
      let cycles = 0;
      for (let phase = 0; phase < phases; phase++) {
        const left = bucket(activations, activationBucket + (channel * elements + element) * phases + phase);
        const right = bucket(weights, weightBucket + channel * phases + phase);
        for (let a = 0; a < left.length; a += I) sums.activationWords += I;
        for (let w = 0; w < right.length; w += F) sums.weightWords += F;
        sums.products += left.length * right.length;
        for (let a = 0; a < left.length; a += I) {
          for (let w = 0; w < right.length; w += F) {
            const found = banksOf(grid, activations, left.slice(a, a + I), weights, right.slice(w, w + F));
            const time = Math.max(1, ...found.values());
            sums.bricks += 1;
            sums.conflicts += time - 1;
            sums.landed += [...found.values()].reduce((total, count) => total + count, 0);
            cycles += time;
          }
        }
      }
      return cycles;
    });
    const slowest = Math.max(...times);
    sums.cycles += slowest;
    for (const time of times) sums.waiting += slowest - time;
  }
}

/** Products of a brick by bank. */
function banksOf(
  grid: CartesianGrid,
  activations: PlacedList,
  left: readonly number[],
  weights: PlacedList,
  right: readonly number[],
): Map<number, number> {
  const found = new Map<number, number>();
  for (const a of left) {
    for (const w of right) {
      const row = grid.rowHashes[activations.rows[a] - weights.rows[w] + grid.firstRow];
      const col = grid.colHashes[activations.cols[a] - weights.cols[w] + grid.firstCol];
      const hash = row ^ col ^ weights.hashes[w];
      if (hash < 32) found.set(hash % grid.banks, (found.get(hash % grid.banks) ?? 0) + 1);
    }
  }
  return found;
}

function bucket({ first }: PlacedList, index: number): number[] {
  return Array.from({ length: first[index + 1] - first[index] }, (_, i) => first[index] + i);
}
