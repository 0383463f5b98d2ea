import { checkSpec } from '../check-spec.js';
import type { GemmWork } from '../contracts.js';
import { haloOf, runConvolution } from './convolution.js';
import { type ScnnOptions, type ScnnSpec, scnnSchema } from './options.js';
import { passesOf } from './passes.js';
import { forwardPlaneAxis, type PlaneAxis } from './plane-axis.js';

/** The counters of a forward pass that the public simulator prints. */
export interface ScnnCounters {
  readonly cycles: number;
  /** Cycles if no operand were skipped; the padding of the map counts as activations. */
  readonly denseCycles: number;
  /** Products that meet an output. */
  readonly products: number;
  /** Multiplier-cycles lost to vectors that are not full and to products that meet no output. */
  readonly idleBricks: number;
  readonly idleConflicts: number;
  /** Multiplier-cycles lost to waiting for the slowest processing element. */
  readonly idleElements: number;
  readonly weightReads: number;
  readonly activationReads: number;
}

/**
 * The array's counters for the forward pass of a convolution without a depth axis, memory put aside.
 *
 * @throws SparsityError naming the option that is wrong.
 * @example
 * ```ts
 * const nest = convNest({batch: 1, inSize: [4, 4], inChannels: 1, outChannels: 4, kernelSize: [1, 1]});
 * const operand = (role: 'A' | 'W', shape: number[]) => ({role, source: 'conv', nonzeros: onesBits(shape)});
 * const work: GemmWork = {
 *   kind: 'gemm', layer: 'conv', phase: 'forward', nest, imageScale: 1,
 *   input: operand('A', [1, 1, 4, 4, 1]), kernel: operand('W', [1, 1, 1, 1, 4]),
 * };
 * scnnCounters(work, {peRows: 2, peCols: 2}).products; // 64
 * ```
 */
export function scnnCounters(work: GemmWork, options: ScnnOptions = {}): ScnnCounters {
  const spec = checkSpec(scnnSchema, options, 'scnn');
  const sums = runConvolution(work, spec);
  const multipliers = spec.activationVector * spec.weightVector;
  return {
    cycles: sums.cycles,
    denseCycles: denseCycles(work, spec),
    products: sums.landed,
    idleBricks: sums.bricks * multipliers - sums.landed,
    idleConflicts: sums.conflicts * multipliers,
    idleElements: sums.waiting * multipliers,
    weightReads: sums.weightWords,
    activationReads: sums.activationWords,
  };
}

function denseCycles(work: GemmWork, spec: ScnnSpec): number {
  const { nest } = work;
  const height = forwardPlaneAxis(nest, 1, spec);
  const width = forwardPlaneAxis(nest, 2, spec);
  let cycles = 0;
  for (const { firstFilter, endFilter } of passesOf(work, height, width, spec)) {
    const filters = endFilter - firstFilter;
    cycles +=
      (nest.inChannels / nest.groups) * denseBarrier(height, width, filters, spec) + haloOf(height, width).longest * filters;
  }
  return nest.batch * cycles;
}

/** Cycles of a barrier that skips nothing, by the slowest element. */
function denseBarrier(
  height: PlaneAxis,
  width: PlaneAxis,
  filters: number,
  { activationVector, weightVector }: ScnnSpec,
): number {
  const cols = tilePhases(width);
  const cycles = tilePhases(height).flatMap((rows) =>
    cols.map((columns) => {
      let sum = 0;
      for (const row of rows) {
        for (const col of columns) {
          const activations = Math.ceil((row.positions * col.positions) / activationVector);
          sum += activations * Math.ceil((row.taps * col.taps * filters) / weightVector);
        }
      }
      return sum;
    }),
  );
  return Math.max(...cycles);
}

/** Positions and taps of each phase, per element of an axis. */
function tilePhases({ elements, tile, size, stride, taps }: PlaneAxis) {
  const grid = Math.ceil(size / elements) * elements;
  return Array.from({ length: elements }, (_, element) => {
    const [first, end] = [element * tile, Math.min((element + 1) * tile, grid)];
    const upTo = (position: number, phase: number) => Math.ceil((Math.max(0, position) - phase) / stride);
    return Array.from({ length: stride }, (_, phase) => ({
      positions: end > first ? upTo(end, phase) - upTo(first, phase) : 0,
      taps: taps.filter((tap) => tap.phase === phase).length,
    }));
  });
}
