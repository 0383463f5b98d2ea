import * as tf from '@tensorflow/tfjs';
import { hardwareCost, pruning } from 'tfjs-sparsity/callbacks';
import { type Accelerator, energy45nm, type PhaseWork } from 'tfjs-sparsity/hw';
import { sparsify } from 'tfjs-sparsity/ops';
import type { PruningMethod } from 'tfjs-sparsity/pruning';
import type { Dataset } from '../../examples/lib/dataset.js';
import { evaluate } from '../../examples/lib/evaluate.js';
import { imageBatches } from '../../examples/lib/image-batches.js';
import { buildModel, type ModelName } from '../../examples/lib/models.js';
import { totalSparsity } from '../../examples/lib/summary.js';

/** How a network is trained before its steps are recorded. */
export interface TrainingBudget {
  readonly model: ModelName;
  readonly batchSize: number;
  /** Steps of training, and steps recorded behind them. */
  readonly steps: number;
  readonly recorded: number;
  readonly seed: number;
}

/** The works of some training steps of a trained network. */
export interface RecordedRun {
  readonly steps: readonly (readonly PhaseWork[])[];
  readonly samples: number;
  readonly accuracy: number;
  readonly sparsity: number;
}

/** Trains a network for a while, then keeps the works of the next steps: the real tensors that all accelerators are run on. */
export async function recordedRun(
  { model: name, batchSize, steps, recorded, seed }: TrainingBudget,
  data: Dataset,
  method: PruningMethod | undefined,
): Promise<RecordedRun> {
  const dense = buildModel(name, data, seed);
  const model = method ? sparsify(dense) : dense;
  const optimizer = tf.train.adam(0.001);
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const batches = imageBatches(data, data.train, { batchSize, seed });
  const prune = method && pruning(method, { seed });
  const works: PhaseWork[][] = [];
  const cost = hardwareCost({ accelerators: [recorder(works)], workers: 0 });
  const train = (count: number, callback: object | undefined) =>
    model.fitDataset(batches.dataset().take(count), {
      epochs: 1,
      verbose: 0,
      callbacks: (callback ? [callback] : []) as tf.Callback[],
    });
  await train(steps, prune);
  const { accuracy } = await evaluate(model, data, data.test);
  await train(recorded, cost);
  const layers = prune?.layerSparsity() ?? [];
  model.dispose();
  optimizer.dispose();
  return { steps: works, samples: recorded * batchSize, accuracy, sparsity: totalSparsity({ layers }) };
}

/** An accelerator that does nothing but keep the steps that it is given. */
export function recorder(steps: PhaseWork[][]): Accelerator {
  let runs = 0;
  return {
    spec: { kind: 'recorder', name: 'recorder' },
    energyTable: energy45nm(),
    start() {
      // Later runs are of the groups of images by which a report finds its errors.
      const isWhole = runs++ === 0;
      return {
        executeStep(works) {
          if (isWhole) steps.push([...works]);
          return { works: [] };
        },
        state: () => [],
      };
    },
  };
}
