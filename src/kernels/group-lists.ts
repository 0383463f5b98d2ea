import type { ListShape, Tap } from './mask-lists.js';
import { type Segment, segmentsOf } from './segments-of.js';
import type { Pointer, WasmFunction } from './wasm-functions.js';

/** N:M by magnitude: of each `m` weights in a row along an axis the `n` largest; a shorter group at the end keeps as many, if it has them. */
export interface MagnitudeGroups {
  readonly n: number;
  readonly m: number;
}

/** What of a list of groups is the same at every step: all but offsets and values. */
export interface GroupListShape {
  readonly rows: number;
  readonly channels: number;
  readonly taps: readonly Tap[];
  readonly neighbours: ListShape['neighbours'];
  readonly groups: MagnitudeGroups;
  readonly segments: readonly GroupSegment[];
  /** As in an `OffsetList`. */
  readonly rowStart: Uint32Array;
  /** Entries in all. */
  readonly entries: number;
}

/** A segment, and where its entries lie. */
export interface GroupSegment extends Segment {
  /** Its first entry. */
  readonly base: number;
}

/** A list of groups in memory. */
export interface GroupListPointers {
  /** Starts of the taps, and behind them their offsets, a word each. */
  readonly taps: Pointer;
  readonly offsets: Pointer;
}

/** Kernels that make such lists, see `LaneKernels`. */
export interface GroupKernels {
  /**
   * Writes offsets and values of a list from the dense weights; `scratch` of 16 m bytes. False, and the list is of no use, where a weight is
   * NaN or infinite.
   *
   * @param decay what to write besides, of a list whose neighbours are of neighbouring rows.
   */
  listGroups(
    shape: GroupListShape,
    list: GroupListPointers,
    weights: Pointer,
    values: Pointer,
    scratch: Pointer,
    decay?: GroupDecay,
  ): boolean;
}

/** At `term`, in the order of the weights: `factor` times those that are not listed, 0 for the others. */
export interface GroupDecay {
  readonly factor: number;
  readonly term: Pointer;
}

/** Whether the kernels can make these lists. */
export function canListGroups({ n }: MagnitudeGroups, rows: number): boolean {
  return n <= 2 && rows >= 4;
}

/** The shape of a list; segments are cut between groups. */
export function groupListShape(
  { rows, taps, channels, segments, neighbours }: ListShape,
  groups: MagnitudeGroups,
): GroupListShape {
  const { n, m } = groups;
  const cut: GroupSegment[] = [];
  const rowStart = new Uint32Array(segments * rows + 1);
  let base = 0;
  for (const [segment, part] of segmentsOf(channels, taps.length, segments, m).entries()) {
    const { width } = part;
    cut.push({ ...part, base });
    const each = part.taps * (Math.floor(width / m) * n + Math.min(n, width % m));
    for (let row = 1; row <= rows; row++) rowStart[segment * rows + row] = base + row * each;
    base += rows * each;
  }
  return { rows, channels, taps, neighbours, groups, segments: cut, rowStart, entries: base };
}

/** @param wasm the functions of the module, on the memory of all pointers. */
export function groupKernels(wasm: Readonly<Record<string, WasmFunction>>): GroupKernels {
  const infinity = 0x7f800000;
  const window = ({ taps: all }: GroupListShape, list: GroupListPointers, { firstTap, taps }: GroupSegment) =>
    [taps, list.taps + 4 * firstTap, list.taps + 4 * (all.length + firstTap)] as const;
  const group = ({ groups }: GroupListShape, { first, width }: GroupSegment) => [first, width, groups.m, groups.n] as const;
  return {
    listGroups(shape, list, weights, values, scratch, decay) {
      const toTerm = decay ? decay.term - weights : 0;
      const largest = shape.segments.map((segment) => {
        const numbers = [...window(shape, list, segment), ...group(shape, segment)];
        const [offsetsAt, valuesAt] = [list.offsets + 4 * segment.base, values + 4 * segment.base];
        return shape.neighbours === 'rows'
          ? wasm.groupsAcross(weights, shape.rows, ...numbers, decay?.factor ?? 0, toTerm, offsetsAt, valuesAt)
          : wasm.groupsAlong(weights, shape.rows, shape.channels, ...numbers, scratch, offsetsAt, valuesAt);
      });
      return Math.max(...largest) < infinity;
    },
  };
}
