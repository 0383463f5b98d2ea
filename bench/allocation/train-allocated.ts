import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { type LayerSparsityRow, pruning } from 'tfjs-sparsity/callbacks';
import { createAccelerator, type PhaseWork } from 'tfjs-sparsity/hw';
import { sparsify } from 'tfjs-sparsity/ops';
import { type Allocation, gradualMagnitude } from 'tfjs-sparsity/pruning';
import type { Dataset } from '../../examples/lib/dataset.js';
import { evaluate } from '../../examples/lib/evaluate.js';
import { readJson, writeJson } from '../../examples/lib/json-file.js';
import { recorder } from '../ablations/recorded-works.js';
import { costsOn } from '../accelerators/machine-costs.js';
import { digest } from '../digest.js';
import { recordSteps } from '../record-steps.js';
import { type Settings, stepsOf, train } from './training.js';

/** A network that was pruned to an allocation, and what a training step of it costs. Costs are modelled. */
export interface AllocatedRun {
  readonly name: string;
  readonly accuracy: number;
  readonly sparsity: number;
  readonly layers: readonly LayerSparsityRow[];
  /** By accelerator. */
  readonly costs: Readonly<Record<string, { readonly cycles: number; readonly energyPj: number }>>;
}

/** Prunes the warmed-up network while it trains on, or finds that done in `dir`. */
export async function trainAllocated(
  name: string,
  allocation: Allocation,
  start: tf.LayersModel,
  settings: Settings,
  data: Dataset,
  dir: string,
): Promise<AllocatedRun> {
  const file = join(dir, `${digest([settings, name, allocation.config])}.json`);
  const done = (await readJson(file)) as AllocatedRun | undefined;
  if (done) return done;
  const { epochs, sparsity: finalSparsity, ramp, seed } = settings;
  const steps = stepsOf(data, epochs, settings);
  const [beginStep, rampEnd] = ramp.map((share) => Math.round(share * steps));
  const endStep = Math.max(beginStep + 1, rampEnd);
  const frequency = Math.max(1, Math.round(steps / 100));
  const prune = pruning(gradualMagnitude({ finalSparsity, beginStep, endStep, frequency, allocation }), { seed });
  const model = sparsify(start, { execution: 'sparse' });
  await train(model, data, settings, epochs, [prune]);
  await train(model, data, { ...settings, learningRate: 0 }, settings.settleEpochs, []);
  const { accuracy } = await evaluate(model, data, data.test);
  const works: PhaseWork[][] = [];
  await recordSteps(model, data, settings, { accelerators: [recorder(works)] });
  const costs = settings.accelerators.map((accelerator) => {
    const found = costsOn(createAccelerator(accelerator), works);
    if (found instanceof Error) throw found;
    return [accelerator, { cycles: found.total.cycles, energyPj: found.total.energyPj }] as const;
  });
  const run = {
    ...{ name, accuracy, sparsity: prune.sparsity(), layers: prune.layerSparsity(), costs: Object.fromEntries(costs) },
  };
  model.dispose();
  await writeJson(file, run);
  return run;
}
