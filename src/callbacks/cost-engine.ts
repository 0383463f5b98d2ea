import { sizeOf } from '../hw/bits.js';
import {
  type Accelerator,
  type AcceleratorState,
  addCosts,
  type BitTensor,
  type Cost,
  costOf,
  countBits,
  type LayerTensors,
  type Phase,
  type Role,
  type StepCounts,
  sliceBits,
  type TrainingOptions,
  trainingWorks,
} from '../hw/index.js';

/** The maps of one training step. */
export interface StepJob {
  readonly step: number;
  readonly records: readonly LayerTensors[];
  /** Images of the real step. @default those of the first record: all, unless gradients are accumulated over several passes */
  readonly samples?: number;
  readonly training: TrainingOptions;
}

/** A sum over steps, of one layer's phase on one accelerator. */
export interface CostRow {
  readonly layer: string;
  readonly phase: Phase;
  readonly cost: Cost;
  /** How often the model chose what: `{dataflow: {WS: 3, OS: 197}}`. */
  readonly decisions: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** One step on one accelerator. Standard errors are those of sampling images: 0 when all are there, null when one image was taken. */
export interface StepCost {
  readonly cycles: number;
  readonly cyclesError: number | null;
  readonly energyPj: number;
  readonly energyPjError: number | null;
}

/** One step on all accelerators. */
export interface StepSummary {
  readonly step: number;
  /** Samples of the real batch. */
  readonly samples: number;
  readonly accelerators: Readonly<Record<string, StepCost>>;
  /** Fraction of zeros of each kind of tensor, over all layers that have one. */
  readonly sparsity: Readonly<Record<Role, number>>;
}

/** What a run cost on an accelerator so far, and the state in which this left it. */
export interface AcceleratorTotals {
  readonly rows: readonly CostRow[];
  /** Of the run itself, then of the groups of sampled images. */
  readonly states: readonly AcceleratorState[];
}

/** Totals by the accelerator's name: all that a later part of the run needs to go on. */
export type CostTotals = Readonly<Record<string, AcceleratorTotals>>;

/** Runs steps on accelerators and adds up what they cost. Knows no tensors and no threads. */
export interface CostEngine {
  execute(job: StepJob): StepSummary;
  totals(): CostTotals;
}

/** Groups that sampled images are split into, to see how much the estimate depends on which images were taken. */
const imageGroups = 4;

/** @param begin totals to add to, of an earlier part of the run. */
export function createCostEngine(accelerators: readonly Accelerator[], begin: CostTotals): CostEngine {
  const lanes = accelerators.map((accelerator) =>
    createLane(accelerator, begin[accelerator.spec.name] ?? { rows: [], states: [] }),
  );
  return {
    execute({ step, records, samples = records[0]?.batchTotal ?? 0, training }) {
      const works = trainingWorks(records, training);
      const groups = splitImages(records).map((group) => trainingWorks(group, training));
      const share = sampledShare(records);
      const costs = lanes.map((lane) => {
        const { cycles, energyPj } = lane.add(lane.run.executeStep(works));
        const spread = groups.map((group, i) => costOf(lane.groupRun(i).executeStep(group), lane.table));
        const error = (of: 'cycles' | 'energyPj') =>
          share === 1
            ? 0
            : standardError(
                spread.map((cost) => cost[of]),
                share,
              );
        return [lane.name, { cycles, cyclesError: error('cycles'), energyPj, energyPjError: error('energyPj') }] as const;
      });
      return { step, samples, accelerators: Object.fromEntries(costs), sparsity: zeroFractions(records) };
    },
    totals: () => Object.fromEntries(lanes.map((lane) => [lane.name, lane.totals()])),
  };
}

function createLane(accelerator: Accelerator, begin: AcceleratorTotals) {
  const rows = new Map(begin.rows.map((row) => [`${row.layer} ${row.phase}`, row]));
  const [run = accelerator.start(), ...groupRuns] = begin.states.map((state) => accelerator.start(state));
  const table = accelerator.energyTable;
  return {
    name: accelerator.spec.name,
    table,
    run,
    /** Each group has a run of its own, since runs carry state from step to step. */
    groupRun: (i: number) => (groupRuns[i] ??= accelerator.start()),
    totals: (): AcceleratorTotals => ({ rows: [...rows.values()], states: [run, ...groupRuns].map((one) => one.state()) }),
    /** Adds a step to the rows; its cost. */
    add(counts: StepCounts): Cost {
      const costs = counts.works.map((work) => {
        const key = `${work.layer} ${work.phase}`;
        const row = rows.get(key);
        const cost = costOf(work, table);
        rows.set(key, {
          layer: work.layer,
          phase: work.phase,
          cost: row ? addCosts(row.cost, cost) : cost,
          decisions: countDecisions(row?.decisions ?? {}, work.decisions),
        });
        return cost;
      });
      return addCosts(...costs);
    },
  };
}

function countDecisions(counts: CostRow['decisions'], made: Readonly<Record<string, string>>): CostRow['decisions'] {
  const next: Record<string, Readonly<Record<string, number>>> = { ...counts };
  for (const [question, answer] of Object.entries(made)) {
    next[question] = { ...next[question], [answer]: (next[question]?.[answer] ?? 0) + 1 };
  }
  return next;
}

/** The images that are present as a share of the batch. */
function sampledShare(records: readonly LayerTensors[]): number {
  return Math.min(1, ...records.map(({ nest, batchTotal }) => nest.batch / batchTotal));
}

/** The sampled images in groups of near equal size; no groups when all images of the batch are there, or just one. */
function splitImages(records: readonly LayerTensors[]): LayerTensors[][] {
  const images = Math.min(...records.map(({ nest }) => nest.batch));
  if (sampledShare(records) === 1 || images < 2) return [];
  const groups = Math.min(imageGroups, images);
  return Array.from({ length: groups }, (_, i) => {
    const [from, to] = [Math.floor((i * images) / groups), Math.floor(((i + 1) * images) / groups)];
    return records.map((record) => takeImages(record, from, to));
  });
}

function takeImages(record: LayerTensors, from: number, to: number): LayerTensors {
  const cut = ({ shape, words }: LayerTensors['A']) => {
    const [, ...rest] = shape;
    const perImage = sizeOf(rest);
    const { words: cutWords } = sliceBits({ shape, words }, from * perImage, (to - from) * perImage);
    return { shape: [to - from, ...rest], words: cutWords };
  };
  const W = record.kernelRole === 'A' ? cut(record.W) : record.W;
  const backwardW = record.backwardW === record.W ? W : record.backwardW;
  const { A, E, backwardE, gradientA } = record;
  return {
    ...record,
    ...{ nest: { ...record.nest, batch: to - from }, W, backwardW },
    ...{ A: cut(A), E: E && cut(E), backwardE: backwardE && cut(backwardE), gradientA: gradientA && cut(gradientA) },
  };
}

/** Standard error of the mean of group estimates, with the correction for a finite batch of which `share` was taken. */
function standardError(estimates: readonly number[], share: number): number | null {
  if (estimates.length < 2) return null;
  const mean = estimates.reduce((sum, x) => sum + x, 0) / estimates.length;
  const variance = estimates.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (estimates.length - 1);
  return Math.sqrt((variance / estimates.length) * (1 - share));
}

function zeroFractions(records: readonly LayerTensors[]): Record<Role, number> {
  const fraction = (role: Role) => {
    const tensors = records.flatMap((record) => tensorsOf(record, role));
    const elements = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return 1 - tensors.reduce((sum, bits) => sum + countBits(bits), 0) / elements;
  };
  return { W: fraction('W'), A: fraction('A'), E: fraction('E'), G: fraction('G') };
}

/** The second factor of a product of two activations is one of these. */
function tensorsOf(record: LayerTensors, role: Role): readonly BitTensor[] {
  const { kernelRole = 'W', W } = record;
  const own = role === 'W' ? [] : [record[role] ?? []].flat();
  return kernelRole === role ? [...own, W] : own;
}
