import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { checkpoint, pruning, restoreCheckpoint, seededBatches } from 'tfjs-sparsity/callbacks';
import { sparsify } from 'tfjs-sparsity/ops';
import {
  adamFisherScore,
  gradualMagnitude,
  granet,
  momentumScore,
  movementScore,
  type PruningMethod,
  rigl,
  saliencyScore,
} from 'tfjs-sparsity/pruning';
import { expect, it } from 'vitest';
import { decodeCheckpoint } from '../../src/callbacks/checkpoint-file.js';
import { readSnapshot } from '../../src/callbacks/model-snapshot.js';
import { createRng } from '../../src/rng.js';
import { backend } from '../support/backend.js';
import { temporaryDirectory } from '../support/temporary.js';

const steps = 15;
const batchesPerEpoch = 5;

/** A run to its end, or the rest of one when the directory holds a checkpoint: weights, masks and slots at the end. */
async function run(method: PruningMethod, execution: 'dense' | 'sparse', dir: string, every?: number) {
  const initializer = (seed: number) => ({ kernelInitializer: tf.initializers.glorotNormal({ seed }) });
  const dense = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 6, kernelSize: 2, inputShape: [4, 4, 5], activation: 'relu', ...initializer(1) }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 20, activation: 'relu', ...initializer(2) }),
      tf.layers.dense({ units: 4, ...initializer(3) }),
    ],
  });
  const model = sparsify(dense, { execution, breakEven: 0 });
  model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' });
  const data = createRng(6);
  const values = (size: number) => Float32Array.from({ length: size }, () => data.normal());
  const xs = { data: values(18 * 80), shape: [18, 4, 4, 5] };
  const ys = { data: values(18 * 4), shape: [18, 4] };
  const batches = seededBatches({ xs, ys, batchSize: 4, seed: 9 });
  const callbacks = [checkpoint(dir, { ...(every ? { every } : {}), keep: 1000, state: [batches] }), pruning(method)];
  const start = await restoreCheckpoint(dir, model, { state: [...callbacks, batches] });
  const epochs = steps / batchesPerEpoch;
  await model.fitDataset(batches.dataset(start), { epochs, initialEpoch: start.epoch, verbose: 0, callbacks });
  const snapshot = readSnapshot(model);
  for (const each of [dense, model]) each.dispose();
  return { snapshot, start: start.step };
}

const ramp = { finalSparsity: 0.9, endStep: 12, frequency: 4 };
const methods = {
  'growth by gradient': rigl({ sparsity: 0.7, frequency: 4, endStep: 15 }),
  'pruning and growth': granet({ ...ramp, initialSparsity: 0.5 }),
  'a score of gradients': gradualMagnitude({ ...ramp, score: saliencyScore() }),
  'a score with a state': gradualMagnitude({ ...ramp, score: movementScore() }),
  'a score of moments': gradualMagnitude({ ...ramp, score: adamFisherScore() }),
  'a score of momentum': gradualMagnitude({ ...ramp, score: momentumScore() }),
};
// Without lanes both executions are one.
const executions = backend === 'wasm' ? (['dense', 'sparse'] as const) : (['dense'] as const);
const cases = Object.entries(methods).flatMap(([name, method]) => executions.map((each) => [name, each, method] as const));

it.each(cases)('resumes at any step bit for bit: %s in %s execution', async (name, execution, method) => {
  const straight = await temporaryDirectory();
  const { snapshot } = await run(method, execution, straight, 1);
  // In front of an update, right behind it, and anywhere.
  for (const at of [3, 4, 1 + createRng(name).integer(steps - 2)]) {
    const resumed = await temporaryDirectory();
    const file = `checkpoint-${String(at).padStart(9, '0')}.bin`;
    await copyFile(join(straight, file), join(resumed, file));
    const rest = await run(method, execution, resumed);
    expect(rest.start).toBe(at);
    expect(rest.snapshot).toEqual(snapshot);
  }
});

it('stores the state of a score as arrays, and refuses to go on under another score', async () => {
  const dir = await temporaryDirectory();
  await run(methods['a score with a state'], 'dense', dir);
  const last = (await readdir(dir)).filter((name) => name.endsWith('.bin')).at(-1) as string;
  const { state } = decodeCheckpoint(last, await readFile(join(dir, last))) as {
    state: { pruning: { scoreStates: Float32Array[] } };
  };
  const { scoreStates } = state.pruning;
  expect(scoreStates.map(({ length }) => length)).toEqual([120, 1080, 80]);
  expect(scoreStates.every((values) => values instanceof Float32Array && values.some((value) => value !== 0))).toBe(true);
  await expect(run(methods['a score of moments'], 'dense', dir)).rejects.toThrow('pruning of the resumed run: got');
});
