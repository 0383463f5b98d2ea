import { checkSpec, tableOf } from '../check-spec.js';
import { checkedRun } from '../checked-run.js';
import type {
  Accelerator,
  AcceleratorRun,
  AcceleratorState,
  EnergyTable,
  PhaseWork,
  StepCounts,
  WorkCounts,
} from '../contracts.js';
import { price } from '../energy/price.js';
import type { OwnResources } from '../registry.js';
import type { Dataflow } from '../systolic.js';
import { acfAreas } from './acf-areas.js';
import { type Configuration, configurationOf, dearestChange, emptyConfiguration, reconfigure } from './configuration.js';
import { fillBatch } from './fill-batch.js';
import { executeGemms, prepareGemms } from './gemm-execution.js';
import { lowerBound } from './lower-bound.js';
import { type AcfOptions, type AcfSpec, acfSchema } from './options.js';
import { greedyPath, viterbiPath } from './schedule.js';
import { patternOf, patternsOfState, patternsToState } from './stored-pattern.js';
import { type Choice, survivors } from './survivors.js';
import { gemmCounts, updateCounts, withReconfiguration } from './work-counts.js';

/**
 * The Adaptive Compute Fabric of 000: an array of sparse processing elements (SPE), a reconfigurable interconnect, a sparse memory
 * controller, and a scheduler that chooses a dataflow per layer and phase (ledger 1.1).
 *
 * A GEMM has `m` input rows, `n` kernel rows and `k` reduction indices; a factor that is not zero is *present*. What an SPE cannot skip
 * counts as present, too: with `skipOneSide` all factors of the denser operand, with `gate` and without the memory controller all.
 * Time passes tile by tile and, as queues are finite, in rounds of `queueDepth` reduction indices (OS) or streamed vectors (WS, IS), with
 * a barrier behind each:
 *
 *     round = max(longest SPE, lane sums / accumulatorPorts, for each operand: words / injectors,
 *                 words of the busiest link / its width, words of the busiest bank / (injectors / banks)), each rounded up
 *     tile  = sum of its rounds + fill
 *
 * - **OS**: a tile is `rows` x `cols` outputs, row by row of tiles. The SPE of output (i, j) works on the indices at which input row i and
 *   kernel row j are both present. Input word (i, k) is sent once to each fan-out group (`fanOut` neighbouring columns) in which some
 *   kernel row has k present; kernel words likewise to groups of array rows. Fill: switch levels + ceil(outputs / cols) to drain.
 *   Of a sampled weight gradient only the wanted outputs have work (what cannot skip works on all that it maps). Where it takes fewer
 *   tiles they are packed: array column j takes the wanted outputs of kernel row j in order, `rows` at a time, and each input row goes
 *   to the groups that hold an output of it.
 * - **WS**: array column j holds the present factors of kernel row j, in order, `rows` at a time: a column tile has
 *   max over its columns of ceil(present / rows) folds, each a tile. The input rows stream by: an SPE that holds index k works once per
 *   input row with k present. Each of these words is sent once to each fan-out group of columns that holds k in this fold.
 *   Fill: ceil(held factors / injectors) + switch levels + ceil(log2(rows)) of the adder chain. All outputs are computed.
 * - **IS**: WS with inputs and kernels, and rows and columns, exchanged.
 *
 * The networks are fat trees of switches of radix `fanOut`. The link to a fan-out group moves `linkWords` words per cycle for each array
 * row (IS: column) behind it; a link further up is as wide as those behind it together, so that of all levels the groups' and the root
 * (`injectors`) bind. A word passes the links down to its group and one more to each SPE that takes it, a product of WS or IS one to the
 * next adder, a sum those up to the buffer. Each operand's part of the buffer has `banks` banks: line l, an operand row (OS) or a
 * reduction index of the streamed operand (WS, IS) in the order in which they are stored, lies in bank l mod `banks`. Stationary words are
 * read in this order and meet no conflict.
 *
 * No accumulator is shared: in OS each SPE has one; in WS and IS each lane (array column or row) has one per vector of a round, and moves
 * the round's sums, one per vector, through its `accumulatorPorts`.
 *
 * Unit-cycles are lost to `ineffectual` slots (a factor was zero or the output not wanted), `imbalance` (within the rectangle of the array
 * that a tile occupies), `underfilled` (outside of it), then in this order to `accumulators`, `multicast` (the networks) and `banks`, to
 * `fill`, `memory`, `write` and `reconfiguration`.
 *
 * The memory controller reads by SparseRead, an `indexOp` per word that enters the networks. It writes outputs by SparseWrite, `writeWords`
 * per cycle behind the computation: an `indexOp` each, and a `zeroDetect` where the pattern is not known. 000 says nothing of where outputs
 * lie; here, word by word over the banks, so that what a row of SPEs drains, or all lanes for one vector, meets no conflict: it is
 * neighbours. Packed wanted outputs are not, and their conflicts are not counted. A step whose weights have another pattern than the step
 * before pays for UpdatePattern: the stored W once in and once out, an `indexOp` per word. Zeros without a mask have values in a dense
 * master, beside which each update writes W as the next step reads it, by SparseWrite. What is not counted: activation functions and
 * pooling between two works. No tensor stays in the buffer from one work to the next: 000 says nothing of residency, so each work reads its
 * operands from DRAM and writes its output there, however small they are.
 *
 * Sampled images stand for the real batch: it has more tiles, or folds, or longer tiles, `imageScale` times. Works of fewer than
 * 8 array sides of input rows, whose tiles the sample would not fill, are made up to the whole batch by repeating the images. Sampling
 * steps (`every`) is unbiased but for UpdatePattern, which a sampled step pays for all changes since the last one. Sampling images is not:
 * a batch is a little more even than few images, and in a weight gradient of WS and IS its lanes drift apart. Each lane takes its present
 * factors in order, so that the further along the reduction, the more the indices of a fold differ from lane to lane, and the fewer words
 * the lanes of a fan-out group share. A sample ends before they have drifted as far: in our trials 16 of 32 images told up to 10 % too few
 * cycles, 8 up to 19 %, all of it in `multicast` and `banks`; where links, injectors and banks do not bind, 8 images told the cycles to 3 %.
 * It is not corrected, as no rule holds for all lanes. Lanes of unequal density drift in proportion to the batch, and the repeated sample
 * told their cycles to 6 %; lanes of equal density drift with its square root, and the repeated sample told 8 to 16 % too many of some.
 *
 * Before each GEMM the interconnect takes the configuration that the dataflow and the occupied SPEs need, at a cost in time and energy
 * (ledger E3); it carries over from step to step. One that is not `reconfigurable` has its configuration for good.
 *
 * @throws SparsityError naming the option that is wrong.
 * @example
 * ```ts
 * const run = acf({rows: 16, cols: 16, zeroDetection: 'skipOneSide'}).start();
 * run.executeStep([]).works.length; // 0
 * ```
 */
export function acf(options: AcfOptions = {}): Accelerator {
  return build(checkSpec(acfSchema, options, 'acf'));
}

/** How specs of kind `acf` are checked and built. */
export const acfKind = { schema: acfSchema, build, resources, areas: acfAreas };

function resources({ rows, cols, sramKb, bytesPerValue }: AcfSpec): OwnResources {
  return { units: rows * cols, sramKb, valueBits: 8 * bytesPerValue };
}

function build(spec: AcfSpec): Accelerator {
  const energyTable = tableOf(spec.energyTable);
  return { spec, energyTable, start: (state) => checkedRun(startRun(spec, energyTable, state)) };
}

/** A dataflow for a work, with what it costs before reconfiguration and the configuration it needs. */
interface Candidate {
  readonly counts: WorkCounts;
  readonly configuration: Configuration;
}

function startRun(spec: AcfSpec, table: EnergyTable, state?: AcceleratorState): AcceleratorRun {
  let configuration = emptyConfiguration(spec);
  if (state) configuration = Uint32Array.from(state.slice(0, configuration.length));
  let patterns = patternsOfState(state?.slice(configuration.length) ?? []);

  function executeStep(works: readonly PhaseWork[]): StepCounts {
    const choices = works.filter((work) => work.kind === 'gemm').map((work) => candidates(work, spec, table));
    const stages = survivors(choices, ({ counts }) => ({
      least: objective(counts, spec, table),
      most: objective(withReconfiguration(counts, spec.reconfigurable ? dearestChange(spec) : noChange, spec), spec, table),
    }));
    const configured = (stage: number, previous: number, chosen: number): WorkCounts => {
      const before = stage === 0 ? configuration : stages[stage - 1][previous].configuration;
      const { counts, configuration: after } = stages[stage][chosen];
      return withReconfiguration(counts, spec.reconfigurable ? reconfigure(before, after, spec) : noChange, spec);
    };
    const find = spec.scheduler === 'viterbi' ? viterbiPath : greedyPath;
    const path = find(
      stages.map((stage) => stage.length),
      (stage, previous, chosen) => objective(configured(stage, previous, chosen), spec, table),
    );
    const gemms = path.map((chosen, stage) => configured(stage, path[stage - 1], chosen)).values();
    const updates = works.filter((work) => work.kind === 'update');
    const gemmOf = new Map(works.flatMap((work) => (work.kind === 'gemm' ? [[work.layer, work] as const] : [])));
    const stored = updates.map((work) => patternOf(work, gemmOf.get(work.layer), spec));
    const counts = works.map((work) => {
      if (work.kind === 'gemm') return gemms.next().value as WorkCounts;
      const update = updates.indexOf(work);
      return updateCounts(work, patterns[update], stored[update], spec);
    });
    patterns = stored;
    const last = stages.at(-1)?.[path.at(-1) as number];
    if (last) configuration = last.configuration;
    return { works: counts };
  }

  return { executeStep, state: () => [...configuration, ...patternsToState(patterns)] };
}

const noChange = { switches: 0, cycles: 0 };

const dataflows: readonly Dataflow[] = ['WS', 'OS', 'IS'];

function candidates(work: PhaseWork & { kind: 'gemm' }, spec: AcfSpec, table: EnergyTable): Choice<Candidate>[] {
  const prepared = prepareGemms(fillBatch(work, spec), spec);
  const allowed = spec.dataflow === 'dynamic' ? dataflows : [spec.dataflow];
  return allowed.map((dataflow) => ({
    bound: objective(lowerBound(prepared, dataflow, spec), spec, table),
    run() {
      const sums = executeGemms(prepared, dataflow, spec);
      return { counts: gemmCounts(prepared, dataflow, sums, spec), configuration: configurationOf(dataflow, sums.extents, spec) };
    },
  }));
}

function objective(counts: WorkCounts, spec: AcfSpec, table: EnergyTable): number {
  if (spec.objective === 'delay') return counts.cycles;
  const { totalPj } = price(counts, table);
  return spec.objective === 'energy' ? totalPj : totalPj * counts.cycles;
}
