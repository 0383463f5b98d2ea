import * as tf from '@tensorflow/tfjs';
import { pruning } from 'tfjs-sparsity/callbacks';
import { attachTap, optimizerSlots, packOp, prunableKernels, sparsifyReport, strip, type TappedOp } from 'tfjs-sparsity/ops';
import { isNm, type LayerMasks, type PruningMethod, sparsityOf } from 'tfjs-sparsity/pruning';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leavesOf } from '../../src/ops/model-layers.js';
import { factoriesOf } from '../../src/pruning/config-entry.js';
import * as methods from '../../src/pruning/methods/index.js';
import { backend } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { optimizers } from '../support/optimizers.js';
import { allMethods, smallData, smallModel } from './all-methods.js';

type Kernel = ReturnType<typeof prunableKernels>[number];

// Other backends have no other execution, and nothing of optimizers that wasm has not.
const executions = backend === 'wasm' ? (['dense', 'sparse'] as const) : (['dense'] as const);
const chosen = backend === 'wasm' ? Object.values(optimizers) : [optimizers.momentum, optimizers.adam];
const steps = 5;
const batch = 4;
let x: tf.Tensor;
let y: tf.Tensor;

beforeAll(() => {
  const { xs, ys } = smallData(steps * batch);
  x = tf.tensor(xs.data, xs.shape);
  y = tf.tensor(ys.data, ys.shape);
});
afterAll(() => tf.dispose([x, y]));

const masked = (values: Float32Array, mask: Uint8Array | null) => values.map((value, i) => (mask?.[i] === 0 ? 0 : value + 0));
const numbers = (t: tf.Tensor | undefined) => Float32Array.from((t as tf.Tensor).dataSync(), (value) => value + 0);

/** Operands of a product are the stored weights under the masks in force, and what the method thins is thin. */
function expectOperands(method: PruningMethod, kernel: Kernel, op: TappedOp): void {
  const stored = kernel.readKernel();
  const { forward, backward }: LayerMasks = kernel.masks;
  expect(numbers(op.W)).toEqual(masked(stored, forward));
  expect(numbers(op.backwardW)).toEqual(masked(stored, backward));
  const [E, channels] = [numbers(op.E), kernel.info.shape.at(-1) as number];
  const errors = { ...kernel.info, kind: 'dense', shape: [E.length / channels, channels], inputAxis: 0, outputAxis: 1 } as const;
  if (method.name === 'sdgp' && op.backwardE) {
    const backwardE = numbers(op.backwardE);
    expect(isNm(backwardE, errors, { n: 2, m: 4, axis: 'output' })).toBe(true);
    expect(backwardE.every((value, i) => value === 0 || E[i] !== 0)).toBe(true);
  }
  if (method.name === 'swat' && op.gradientA) expect(sparsityOf(numbers(op.gradientA))).toBeGreaterThanOrEqual(0.5);
  expect(packOp(op).backwardE === undefined).toBe(op.backwardE === undefined);
}

/** Whether a method had its hand in the operands: no error of the last layer, which is linear, is 0 by itself. */
const isThinned = ({ layer, E, backwardE, gradientA }: TappedOp) =>
  backwardE !== undefined || gradientA !== undefined || (layer === 'head' && numbers(E).includes(0));

/** Pruned weights are 0, and their slots where the method says so. */
function expectZero(method: PruningMethod, kernel: Kernel, model: tf.LayersModel): void {
  const { forward } = kernel.masks;
  const { pruned, slots } = method.treatmentOf?.(kernel.info) ?? method;
  if (!forward || pruned !== 'zero') return;
  const isZero = (values: ArrayLike<number>) => forward.every((bit, i) => bit === 1 || Object.is(values[i], 0));
  expect(isZero(kernel.readKernel())).toBe(true);
  if (slots !== 'zero') return;
  kernel.settle();
  const layer = model.getLayer(kernel.info.name);
  const variable = layer.weights[0]?.read() as tf.Variable;
  for (const slot of optimizerSlots(model.optimizer, variable)) expect(isZero(slot.dataSync())).toBe(true);
}

/** The stripped model holds the weights in use, and predicts as the model does. */
function expectStripped(model: tf.LayersModel): void {
  const plain = strip(model);
  for (const kernel of prunableKernels(model)) {
    const values = plain.getLayer(kernel.info.name).getWeights()[0]?.dataSync() as Float32Array;
    expect(masked(Float32Array.from(values), null)).toEqual(masked(kernel.readKernel(), kernel.masks.forward));
  }
  const [expected, actual] = tf.tidy(() => [model, plain].map((each) => (each.predict(x) as tf.Tensor).dataSync()));
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i] as number, 4);
  plain.dispose();
}

async function expectLaw(method: PruningMethod, execution: 'dense' | 'sparse', optimizer: tf.Optimizer): Promise<void> {
  const model = smallModel(execution, optimizer);
  const kernels = prunableKernels(model);
  let [seen, thinned, hasLists, inLanes] = [0, false, false, false];
  const tap = attachTap(model, {
    onOp(op) {
      const kernel = kernels.find(({ info }) => info.name === op.layer) as Kernel;
      const { pruned } = method.treatmentOf?.(kernel.info) ?? method;
      if (pruned === 'dense-master') expectOperands(method, kernel, op);
      seen++;
      thinned ||= isThinned(op);
    },
  });
  const watch = new tf.CustomCallback({
    onBatchEnd: async () => {
      // What the step has left behind is used in the next one, if there is one.
      if (seen < steps * 3) hasLists ||= kernels.some(({ masks }) => masks.forward !== null);
      const layers = sparsifyReport(model).regions.flatMap((region) => region.execution);
      inLanes ||= layers.some((layer) => layer.inLanes && layer.className.startsWith('Masked'));
      for (const kernel of kernels) if (!method.skip(kernel.info)) expectZero(method, kernel, model);
    },
  });
  const args = { epochs: 1, batchSize: batch, shuffle: false, verbose: 0 } as const;
  const { history } = await model.fit(x, y, { ...args, callbacks: [pruning(method, { seed: 3 }), watch] });
  tap.detach();
  expect([seen, thinned]).toEqual([steps * 3, method.thin !== undefined]);
  // Of forward masks there are lists; operands that are thinned are multiplied whole.
  expect(inLanes).toBe(execution === 'sparse' && method.thin === undefined && hasLists);
  expect((history.loss as number[]).every(Number.isFinite)).toBe(true);
  for (const kernel of kernels) expect(kernel.readKernel().every(Number.isFinite)).toBe(true);
  expectStripped(model);
  const { c: learningRate } = optimizer as unknown as { c?: tf.Scalar }; // tfjs's momentum optimizer forgets it
  learningRate?.dispose();
  optimizer.dispose();
  for (const layer of leavesOf(model)) for (const weight of layer.weights) weight.dispose();
}

it('the table has every method of the package', () => {
  const names = new Set(Object.values(allMethods).map((create) => create().name));
  expect([...names].sort()).toEqual([...factoriesOf({ ...methods }).keys()].sort());
});

it('slots of pruned weights are 0 where these get no gradient, and kept where they may come back with one', () => {
  const namesOf = (pruned: PruningMethod['pruned'], slots: PruningMethod['slots']) => {
    const methods = Object.values(allMethods).map((create) => create());
    return [...new Set(methods.flatMap((method) => (method.pruned === pruned && method.slots === slots ? [method.name] : [])))];
  };
  expect(namesOf('zero', 'zero')).toEqual([
    ...['acdc', 'gradual', 'granet', 'hardware-aware', 'one-shot', 'per-layer', 'rigl', 'set', 'snip'],
    ...['static', 'transposable-nm'],
  ]);
  expect(namesOf('zero', 'keep')).toEqual(['gradual', 'dropback']);
  expect(['gradual', 'gradual, regrowing'].map((name) => allMethods[name]().slots)).toEqual(['zero', 'keep']);
  expect(namesOf('dense-master', 'zero')).toEqual([]);
});

describe.each(Object.entries(allMethods))('%s', (_, create) => {
  it.each(executions)('keeps its law in %s execution, under every optimizer', async (execution) => {
    for (const optimizer of chosen) await expectNoLeak(() => expectLaw(create(), execution, optimizer()));
  });
});
