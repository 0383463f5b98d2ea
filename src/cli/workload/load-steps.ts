import type { StepJob } from '../../callbacks/cost-engine.js';
import type { CostSample } from '../../callbacks/cost-report.js';
import { type RecordedRun, readRecordedRun } from '../../callbacks/recorded-run.js';
import { recordedSample, type StepCosts } from '../../callbacks/replay-run.js';
import { countBits, type Network, syntheticRecords } from '../../hw/index.js';
import { loadNetwork } from './load-network.js';
import { nmCondition, nmOf } from './nm-setting.js';
import type { NetworkWorkload, RunWorkload, Workload } from './workload.js';

/** The training steps of a workload. */
export interface WorkloadSteps {
  /** How they came about, a line each. */
  readonly conditions: readonly string[];
  /** How many steps a report of them tells of. */
  readonly steps: number;
  /** Whole bytes of a record: it may have grown when another thread opens it. */
  readonly recordBytes?: number;
  jobs(): Iterable<StepJob> | AsyncIterable<StepJob>;
  sampleOf(costs: StepCosts): CostSample;
}

/** The last workloads: points of a sweep share them, and most time would go into reading and drawing them anew. */
const loaded = new Map<string, Promise<WorkloadSteps>>();
const mostLoaded = 2;

/**
 * Makes a workload ready to run.
 *
 * @param recordBytes how much of a record counts; without it: all of it.
 * @throws SparsityError for a network or a record that is none.
 */
export function loadSteps(workload: Workload, recordBytes?: number): Promise<WorkloadSteps> {
  const key = JSON.stringify([workload, recordBytes]);
  const steps = loaded.get(key) ?? ('run' in workload ? recordedSteps(workload, recordBytes) : syntheticStep(workload));
  loaded.set(key, steps);
  // What failed may go well when it is asked for again.
  steps.catch(() => loaded.delete(key));
  const [oldest] = loaded.keys();
  if (loaded.size > mostLoaded) loaded.delete(oldest);
  return steps;
}

async function recordedSteps({ run: path }: RunWorkload, recordBytes: number | undefined): Promise<WorkloadSteps> {
  const run = await readRecordedRun(path, recordBytes);
  return {
    conditions: recordConditions(path, run),
    steps: run.steps,
    recordBytes: run.wholeBytes,
    jobs: () => run.jobs(),
    sampleOf: (costs) => recordedSample(run, costs),
  };
}

/** What a record holds, and what it lacks, a line each. */
export function recordConditions(path: string, run: RecordedRun): string[] {
  const { every, images } = run.settings;
  const taken = every === 1 ? 'every step' : `${run.recordedSteps} of its steps, one in ${every}`;
  return [
    `${path}: a run of ${run.steps} steps; ${taken}, ${images === null ? 'all images' : `${images} images of each batch`}`,
    ...[run.cutShort, run.gap].filter((warning) => warning !== null),
  ];
}

const slots = { sgd: 0, momentum: 1, adam: 2 } as const;

async function syntheticStep(workload: NetworkWorkload): Promise<WorkloadSteps> {
  const { batch, images, weightSparsity, activationSparsity, errorSparsity = activationSparsity } = workload;
  const { sequence, seed, maps, spread, optimizer, pruned } = workload;
  const nm = nmOf(workload);
  const { network, notes } = await loadNetwork(workload);
  const sparsity = { W: weightSparsity, A: activationSparsity, E: errorSparsity };
  const records = syntheticRecords(network, { seed, sparsity, maps, spread, images, ...(nm && { nm }) });
  const masked = pruned === 'zero' ? network.layers.map(({ name }) => name) : [];
  const training = { slots: slots[optimizer], masked };
  let job: StepJob | undefined;
  const spreadNote = maps === 'bernoulli' ? '' : `, spread ${spread}`;
  return {
    conditions: [
      `${workload.network}${sequence ? ` over sequences of ${sequence}` : ''}, ${batch} images, of which ${images} drawn: synthetic maps (${maps}${spreadNote}, seed ${seed})`,
      `${zerosOfWeights(network, weightSparsity)} A ${activationSparsity} behind a ReLU, E ${errorSparsity} before one`,
      ...(nm ? [nmCondition(nm, network)] : []),
      `${optimizer}; pruned weights ${pruned === 'zero' ? 'stay zero' : 'have a dense master'}`,
      ...notes,
    ],
    steps: 1,
    jobs() {
      job ??= { step: 0, records: [...records], training };
      return [job];
    },
    sampleOf: () => ({
      steps: 1,
      sampledSteps: 1,
      every: 1,
      offset: 0,
      images: images < batch ? images : null,
      unseenLayers: [],
    }),
  };
}

/** A saved model has the zeros of its weights. */
function zerosOfWeights({ layers }: Network, declared: number): string {
  const saved = layers.flatMap(({ weights }) => weights ?? []);
  if (saved.length === 0) return `declared zeros: W ${declared},`;
  const all = saved.reduce((sum, { shape }) => sum + shape.reduce((size, axis) => size * axis, 1), 0);
  const ones = saved.reduce((sum, weights) => sum + countBits(weights), 0);
  const elsewhere = saved.length < layers.length ? ` W ${declared} elsewhere,` : '';
  return `zeros: W ${Number((1 - ones / all).toFixed(4))} as saved; declared:${elsewhere}`;
}
