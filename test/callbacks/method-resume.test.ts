import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { checkpoint, pruning, restoreCheckpoint, seededBatches } from 'tfjs-sparsity/callbacks';
import { gradualMagnitude, type PruningMethod, randomScore } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { readSnapshot } from '../../src/callbacks/model-snapshot.js';
import { leavesOf } from '../../src/ops/model-layers.js';
import { backend } from '../support/backend.js';
import { temporaryDirectory } from '../support/temporary.js';
import { allMethods, smallData, smallModel } from './all-methods.js';

// What differs from step to step does so on every backend.
const places = backend === 'wasm' ? [1, 3, 4, 6] : [3];
const executions = backend === 'wasm' ? (['dense', 'sparse'] as const) : (['dense'] as const);

/** A run of eight steps, or its rest where the directory holds a checkpoint; everything that training changes, at its end. */
async function run(dir: string, method: PruningMethod, execution: 'dense' | 'sparse', every?: number, named = true) {
  const model = smallModel(execution, tf.train.adam(0.01), named);
  const batches = seededBatches({ ...smallData(16), batchSize: 4, seed: 9 });
  const callbacks = [
    checkpoint(dir, { ...(every ? { every } : {}), keep: 100, state: [batches] }),
    pruning(method, { seed: 'resume' }),
  ];
  const start = await restoreCheckpoint(dir, model, { state: [...callbacks, batches] });
  await model.fitDataset(batches.dataset(start), { epochs: 2, initialEpoch: start.epoch, verbose: 0, callbacks });
  const snapshot = readSnapshot(model);
  model.optimizer.dispose();
  for (const layer of leavesOf(model)) for (const weight of layer.weights) weight.dispose();
  return { snapshot, start: start.step };
}

describe.each(Object.entries(allMethods))('%s', (_, create) => {
  it.each(executions)('resumes after any step as if it had never stopped, bit for bit, in %s execution', async (execution) => {
    const straight = await temporaryDirectory();
    const { snapshot } = await run(straight, create(), execution, 1);
    for (const at of places) {
      const resumed = await temporaryDirectory();
      const file = `checkpoint-${String(at).padStart(9, '0')}.bin`;
      await copyFile(join(straight, file), join(resumed, file));
      const rest = await run(resumed, create(), execution);
      expect(rest.start).toBe(at);
      expect(rest.snapshot).toEqual(snapshot);
    }
  });
});

const drawing = {
  ...Object.fromEntries(['set', 'bi-mask, permuted', 'sparse-train'].map((name) => [name, allMethods[name]])),
  'gradual, at random': () => gradualMagnitude({ finalSparsity: 0.8, endStep: 8, regrow: true, score: randomScore() }),
};

it.each(Object.entries(drawing))(
  'resumes in a model built again, whose default names are others, though it draws: %s',
  async (_, create) => {
    const straight = await temporaryDirectory();
    const { snapshot } = await run(straight, create(), 'dense', 1, false);
    for (const at of [1, 3]) {
      const resumed = await temporaryDirectory();
      const file = `checkpoint-${String(at).padStart(9, '0')}.bin`;
      await copyFile(join(straight, file), join(resumed, file));
      const rest = await run(resumed, create(), 'dense', undefined, false);
      expect(rest.start).toBe(at);
      expect(rest.snapshot).toEqual(snapshot);
    }
  },
);
