import type { GemmWork } from '../contracts.js';
import { evenBatch } from '../whole-batch.js';
import { type DealtUnits, dealUnits } from './deal-units.js';
import { type LineWork, lineWork } from './line-work.js';
import type { BalancedSpec } from './options.js';
import { schedulePes } from './pe-schedule.js';
import { sum } from './sum.js';

/** What the partitions have to do per PE, in the bands that the option `coarse` makes. */
export interface BandLoads {
  /** What Procedure 1 goes by: non-zeros under the windows of a band's lines. The density of the kernel is that of all bands. */
  readonly estimated: readonly number[];
  /** What comes of it: products of two non-zeros. */
  readonly products: readonly number[];
}

/** Multiplications that each PE executes under the three splits that 001 compares. */
export interface LoadBalance {
  /** Even bands of rows: the dimension split of the baselines. */
  readonly dimension: readonly number[];
  /** The bands that the option `coarse` makes. */
  readonly coarse: readonly number[];
  /** These, with work stealing. */
  readonly twoLevel: readonly number[];
  readonly bands: BandLoads;
}

/**
 * How even the multiplications of a work are over the PEs, level by level (ledger claims 11, 12). Where matching row pairs takes longer
 * than multiplying, the slots that it leaves empty count as well: they are what a PE is busy for, and what is stolen.
 *
 * @param spec of an accelerator that {@link balanced} made.
 * @example
 * ```ts
 * const nest = convNest({batch: 1, inSize: [18, 4], inChannels: 1, outChannels: 7, kernelSize: [1, 1]});
 * const operand = (role: 'A' | 'W', shape: number[]) => ({role, source: 'conv', nonzeros: onesBits(shape)});
 * const work: GemmWork = {
 *   kind: 'gemm', layer: 'conv', phase: 'forward', nest,
 *   input: operand('A', [1, 18, 4, 1]), kernel: operand('W', [1, 1, 1, 7]), imageScale: 1,
 * };
 * const spec = balanced({rowPairsPerCycle: 2}).spec as BalancedSpec;
 * const {dimension, bands} = loadBalance(work, spec);
 * dimension[0]; // 8
 * bands.products[0]; // 8: two rows under seven kernels, four columns each, on seven PEs
 * ```
 */
export function loadBalance(work: GemmWork, spec: BalancedSpec): LoadBalance {
  const whole = evenBatch(work);
  const lines = lineWork(whole, spec.multipliers);
  const executed = (dealt: DealtUnits, stealing: boolean) => schedulePes(dealt, { ...spec, stealing }).executed;
  const dealt = dealUnits(whole, lines, spec, spec.coarse);
  return {
    dimension: executed(dealUnits(whole, lines, spec, 'even'), false),
    coarse: executed(dealt, false),
    twoLevel: executed(dealt, true),
    bands: bandLoads(dealt, lines),
  };
}

function bandLoads({ loads, partitionOf, split: { bounds } }: DealtUnits, lines: LineWork): BandLoads {
  const perPe = bounds.slice(1).map((end, partition) => {
    const members = loads.filter((_, pe) => partitionOf[pe] === partition);
    const products = sum(members, (load) => load.products);
    return { estimated: coveredBetween(lines, bounds[partition], end) / members.length, products: products / members.length };
  });
  return { estimated: perPe.map(({ estimated }) => estimated), products: perPe.map(({ products }) => products) };
}

/** Non-zeros under the windows of the lines at positions first .. end - 1, of which each line present has `copies`. */
function coveredBetween({ covered, copies }: LineWork, first: number, end: number): number {
  let count = 0;
  for (let line = Math.floor(first / copies); line * copies < end; line++)
    count += covered[line] * (Math.min(end, (line + 1) * copies) - Math.max(first, line * copies));
  return count;
}
