import * as tf from '@tensorflow/tfjs';
import { pruning } from 'tfjs-sparsity/callbacks';
import { prunableKernels, registerMaskedLayer, sparsify, sparsifyReport } from 'tfjs-sparsity/ops';
import { bdwp, type PruningMethod, srSte, topKast } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { backend } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';

const { layers } = tf;
const [batch, inputs, units] = [64, 16, 32];
const kernelInitializer = () => tf.initializers.glorotUniform({ seed: 7 });
const dense = (args: object = {}) =>
  layers.dense({ name: 'd', units, useBias: false, kernelInitializer: kernelInitializer(), ...args });

/** A layer of one's own, for which no products are known. */
class OwnProduct extends layers.Layer {
  static className = 'OwnProduct';
  private kernel!: tf.LayerVariable;

  override build(): void {
    this.kernel = this.addWeight('kernel', [inputs, units], 'float32', kernelInitializer());
    this.built = true;
  }

  override computeOutputShape(): tf.Shape {
    return [null, units];
  }

  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.matMul([x].flat()[0] as tf.Tensor2D, this.kernel.read() as tf.Tensor2D);
  }
}

/** Two inputs, of which a layer, or a model, sees the second too where it is used twice. */
function shared(uses: number, layer: tf.layers.Layer | tf.LayersModel): tf.LayersModel {
  const both = [tf.input({ shape: [inputs] }), tf.input({ shape: [inputs] })];
  const used = both.slice(0, uses).map((input) => (layer as tf.layers.Layer).apply(input) as tf.SymbolicTensor);
  return tf.model({ inputs: both, outputs: [...used, ...both.slice(uses)] });
}

const models = {
  'a shared layer': (uses: number) => shared(uses, dense()),
  'a shared model': (uses: number) => shared(uses, tf.sequential({ layers: [dense({ inputShape: [inputs] })] })),
  'a shared layer of a class of its own': (uses: number) => shared(uses, new OwnProduct({ name: 'd' })),
  'a layer distributed over time': (uses: number) =>
    tf.sequential({ layers: [layers.timeDistributed({ layer: dense(), inputShape: [uses === 1 ? 1 : 5, inputs] })] }),
};

/** Samples for a model: what comes after the first use is 0, and so is its error, so that the loss gives no more gradient. */
function samples(model: tf.LayersModel): { x: tf.Tensor[]; y: tf.Tensor[] } {
  const first = tf.randomNormal([batch, inputs], 0, 1, 'float32', 3);
  const zeros = tf.zeros([batch, inputs]);
  const [{ shape }] = model.inputs;
  const overTime = () => first.expandDims(1).concat(tf.zeros([batch, (shape[1] as number) - 1, inputs]), 1);
  const x = shape.length === 3 ? [overTime()] : [first, zeros];
  return { x, y: model.outputs.map((output) => tf.zeros([batch, ...(output.shape.slice(1) as number[])])) };
}

const sumOfSquares = (y: tf.Tensor, p: tf.Tensor) => p.sub(y).square().sum().div(batch);

const zero = { pruned: 'zero', slots: 'zero', decay: 0 } as const;

const methods: Record<string, (() => PruningMethod) | undefined> = {
  'SR-STE': () => srSte({ n: 2, m: 4, decay: 0.1 }),
  BDWP: () => bdwp({ n: 2, m: 8, decay: 0.1 }),
  'Top-KAST': () => topKast({ sparsity: 0.8, gradientSparsity: 0.4, penalty: 0.05 }),
  'a term of its own': undefined,
};

/** tfjs counts the uses of a layer, and frees it with the last. */
function disposeAll(model: tf.LayersModel): void {
  for (const layer of model.layers) {
    if (layer instanceof tf.LayersModel) disposeAll(layer);
    else while ((layer as unknown as { _refCount: number })._refCount > 0) layer.dispose();
  }
}

/** The kernel after some steps, and whether its last ran in lanes. */
async function trained(
  make: (uses: number) => tf.LayersModel,
  uses: number,
  execution: 'dense' | 'sparse',
  method?: PruningMethod,
) {
  const plain = make(uses);
  const model = sparsify(plain, { execution, breakEven: 0 });
  disposeAll(plain);
  const { x, y } = tf.tidy(() => samples(model));
  model.compile({ optimizer: tf.train.sgd(0.05), loss: sumOfSquares as never });
  const [kernel] = prunableKernels(model);
  if (!method) {
    const mask = Uint8Array.from({ length: inputs * units }, (_, i) => Number(i % 5 === 0));
    kernel.repack({ forward: mask, backward: mask, gradient: mask }, zero);
    kernel.addToGradient(new Float32Array(inputs * units).fill(0.3));
  }
  const callbacks = method ? [pruning(method)] : [];
  await model.fit(x, y, { epochs: 5, batchSize: batch, shuffle: false, verbose: 0, callbacks });
  const inLanes = sparsifyReport(model).regions.some((region) => region.execution.some((layer) => layer.inLanes));
  const values = kernel.readKernel().slice();
  tf.dispose([x, y]);
  model.optimizer.dispose();
  disposeAll(model);
  return { values, inLanes };
}

describe('what is added to the gradient of a kernel is added once a step,', () => {
  registerMaskedLayer(OwnProduct, { kernel: 'kernel' });

  describe.each(Object.entries(methods))('under %s,', (name, method) => {
    it.each(Object.entries(models).filter(([model]) => !(name === 'BDWP' && model.endsWith('of its own'))))(
      'however often it is used: %s',
      async (model, make) => {
        await expectNoLeak(async () => {
          for (const execution of ['dense', 'sparse'] as const) {
            const once = await trained(make, 1, execution, method?.());
            const more = await trained(make, 2, execution, method?.());
            expect(more.inLanes).toBe(backend === 'wasm' && execution === 'sparse' && model === 'a shared model');
            more.values.forEach((value, i) => {
              expect(value).toBeCloseTo(once.values[i] as number, 5);
            });
          }
        });
      },
    );
  });
});
