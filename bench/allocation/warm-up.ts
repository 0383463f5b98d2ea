import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { prunableKernels, sparsify } from 'tfjs-sparsity/ops';
import type { ScoredKernel } from 'tfjs-sparsity/pruning';
import type { Dataset } from '../../examples/lib/dataset.js';
import { buildModel } from '../../examples/lib/models.js';
import { recordSteps } from '../record-steps.js';
import { type Settings, train } from './training.js';

/** A network that was trained dense for a while: what allocations are chosen from, and where all trainings go on. */
export interface WarmUp {
  readonly model: tf.LayersModel;
  /** The steps behind the training. */
  readonly record: string;
  /** Magnitudes of the weights of the layers that are to be pruned. */
  readonly kernels: readonly ScoredKernel[];
}

/** Trains it, or finds it trained in `dir`. */
export async function warmUp(settings: Settings, data: Dataset, dir: string): Promise<WarmUp> {
  const [saved, record] = [join(dir, 'model'), join(dir, 'steps.maps')];
  if (!existsSync(join(saved, 'model.json')) || !existsSync(record)) {
    const model = buildModel(settings.model, data, settings.seed);
    await train(model, data, settings, settings.warmUpEpochs, []);
    // Before its steps are recorded, since these train a little, too.
    await model.save(`file://${saved}`);
    rmSync(record, { force: true });
    await recordSteps(model, data, settings, { record });
    model.dispose();
  }
  const model = await tf.loadLayersModel(`file://${saved}/model.json`);
  const masked = sparsify(model);
  const kernels = prunableKernels(masked).map((kernel) => ({ info: kernel.info, scores: kernel.readKernel().map(Math.abs) }));
  masked.dispose();
  return { model, record, kernels };
}
