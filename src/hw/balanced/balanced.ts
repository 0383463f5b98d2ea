import { checkSpec } from '../check-spec.js';
import type { Accelerator, GemmWork } from '../contracts.js';
import { rememberEffectualMacs } from '../effectual-macs.js';
import { torus } from '../parts/interconnect/torus.js';
import { areasOfDesign } from './areas.js';
import { dealUnits } from './deal-units.js';
import { buildDesign, type DesignExecution } from './design.js';
import { lineWork } from './line-work.js';
import { toEach, toNeighbours } from './network-words.js';
import { type BalancedOptions, type BalancedSpec, balancedSchema, frameResources } from './options.js';
import { type PeSchedule, schedulePes } from './pe-schedule.js';
import { sum } from './sum.js';
import type { StoredWork } from './traffic.js';

/**
 * The balanced sparse matrix convolution accelerator of 001: tensors in row-partitioned formats in a unified SRAM, and two levels of load
 * balance over PEs on a torus (ledger 1.2).
 *
 * A *unit* of work is one row of the output of one kernel; in the weight gradient it is one row of A under one channel of E. Partitions of
 * PEs take bands of rows (of lines, row and image, where a border is within a row): `coarse`. The PEs of a partition, which share
 * inputs and kernels, take its units in turn. A PE multiplies non-zero pairs only, `multipliers` at a time, and fills its buffers
 * across row pairs, so that one batch at the end of its list is not full. Its M-ICU matches `rowPairsPerCycle` row pairs (a row
 * of a kernel and the row of the map under it, neither empty); where that is the longer, multipliers have empty slots. Idle PEs
 * steal slots from neighbours: `stealing`.
 *
 *     PE = max(ceil(products / multipliers), ceil(row pairs / rowPairsPerCycle / interval)) * interval     before stealing
 *
 * All PEs wait for the last one at the end of a work. Procedure 1 runs while the work before stores its outputs; what that does not
 * hide is charged. Operands and outputs pass behind double buffers, part by part.
 *
 * Off chip each row of a tensor is in RP-CSR or RP-BF. Outputs leave compressed, with the zeros that the step knows of them: those of E
 * behind a layer, of A before it, and of the wanted gradient. An operand is read once if it fits a third of all SRAM, else tile by tile.
 * No tensor stays on chip from one work to the next, however small: a work begins with loading its operands from DRAM and ends with
 * sending its results back there, as 001 says of all the accelerators that it compares (Sec. II-B, steps 1 and 4).
 *
 * Unit-cycles are lost to `indexMatching`, `fragmentation`, `initiation` (with `multiplyInitiationInterval` above 1), `stealing`
 * (communication), `imbalance`, `balancing` (Procedure 1 that is not hidden), `network` (with `linkWords`) and `memory`.
 *
 * Sampled images repeat in turn until the real batch is full. What flatters the design, and its baselines alike: accumulator banks never
 * conflict, a PE knows its neighbours' remaining work at no cost, without `linkWords` the network takes no time, though many works
 * need more than a word per link and cycle, and an access to SRAM costs what the energy table says, however large the SRAM (`peSramKb`).
 *
 * @throws SparsityError naming the option that is wrong, or a torus that does not have one router per PE.
 * @example
 * ```ts
 * const nest = convNest({batch: 1, inSize: [8, 8], inChannels: 4, outChannels: 8, kernelSize: [3, 3], padding: 'same'});
 * const operand = (role: 'A' | 'W', shape: number[]) => ({role, source: 'conv', nonzeros: onesBits(shape)});
 * const work: GemmWork = {
 *   kind: 'gemm', layer: 'conv', phase: 'forward', nest,
 *   input: operand('A', [1, 8, 8, 4]), kernel: operand('W', [3, 3, 4, 8]), imageScale: 1,
 * };
 * balanced().start().executeStep([work]).works[0].macs.executed; // 15488
 * ```
 */
export function balanced(options: BalancedOptions = {}): Accelerator {
  return build(checkSpec(balancedSchema, options, 'balanced'));
}

/** How specs of kind `balanced` are checked and built. */
export const balancedKind = { schema: balancedSchema, build, resources: frameResources, areas: areasOfDesign('balanced') };

function build(spec: BalancedSpec): Accelerator {
  const memory = { ...spec, format: 'rp', policy: spec.rowFormat, buffer: 'unified' } as const;
  return buildDesign(spec, memory, (work, stored, storeCycles) => execute(work, stored, storeCycles, spec));
}

function execute(work: GemmWork, stored: StoredWork, storeCycles: number, spec: BalancedSpec): DesignExecution {
  const dealt = dealUnits(work, lineWork(work, spec.multipliers), spec, spec.coarse);
  const schedule = schedulePes(dealt, spec);
  const products = sum(dealt.loads, (load) => load.products);
  const rowPairs = sum(dealt.loads, (load) => load.rowPairs);
  if (work.imageScale === 1) rememberEffectualMacs(work, products);
  const { split } = dealt;
  const balancing = Math.max(0, split.rounds * spec.coarseRoundCycles - storeCycles);
  const finish = Math.max(...schedule.finishCycles);
  const partitions = split.bounds.length - 1;
  const valueWords = spec.valueBits / 32;
  return {
    cycles: balancing + finish,
    ...{ effectual: products, executed: products, multiplied: products },
    idle: { ...idleCauses(schedule, finish, products, spec), balancing: spec.pes * spec.multipliers * balancing },
    actions: {
      registerAccess: (2 * valueWords + 2) * products, // two operands out of the non-zero buffer, a sum read and written
      sramSmallAccess: 2 * products * valueWords,
      // Over one link: sums back, and operands out where they are not there.
      nocHop: schedule.stolenSame + (1 + 2 * valueWords) * schedule.stolenOther,
      indexOp: rowPairs + products,
    },
    decisions: {
      coarse: spec.coarse,
      moves: String(split.moves),
      steals: String(schedule.steals),
      rpCsrRows: String(stored.input.rows.csr + stored.kernel.rows.csr + stored.output.rows.csr),
      rpBfRows: String(stored.input.rows.bitmap + stored.kernel.rows.bitmap + stored.output.rows.bitmap),
    },
    routes: partitionRoutes(work, partitions, spec),
  };
}

/**
 * Rows go to all PEs of a partition, kernels to all PEs. In a weight gradient the kernels are rows of E, which only those PEs need that
 * hold the rows of A above them; and outputs, which come from one PE else, come from each, for all may hold partial sums of them.
 *
 * The first PE is as far as routers of the torus are on average. 001 joins the middle of each partition to its distributor (Fig. 7), which
 * is nearer, but does not say how the designs that it compares are joined to theirs.
 */
export function partitionRoutes(work: GemmWork, partitions: number, spec: Pick<BalancedSpec, 'pes' | 'torusRows' | 'torusCols'>) {
  const { meanHops } = torus({ rows: spec.torusRows, cols: spec.torusCols, units: spec.pes });
  const rows = toNeighbours(spec.pes / partitions, meanHops);
  const gradient = work.phase === 'weightGradient';
  return {
    input: rows,
    kernel: gradient ? rows : toNeighbours(spec.pes, meanHops),
    output: toEach(gradient ? spec.pes : 1, meanHops),
  };
}

/** Where the unit-cycles went until the last PE was done. */
function idleCauses(schedule: PeSchedule, finish: number, products: number, spec: BalancedSpec): Record<string, number> {
  const { slots, executed, batches, communicationCycles, finishCycles } = schedule;
  const { multipliers, multiplyInitiationInterval: interval } = spec;
  return {
    indexMatching: (sum(slots, (count) => count) - products) * interval,
    fragmentation: sum(executed, (count, pe) => batches[pe] * multipliers - count) * interval,
    initiation: products * (interval - 1),
    stealing: sum(communicationCycles, (cycles) => cycles) * multipliers,
    imbalance: sum(finishCycles, (cycles) => finish - cycles) * multipliers,
  };
}
