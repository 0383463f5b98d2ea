import * as tf from '@tensorflow/tfjs';
import { pruning } from 'tfjs-sparsity/callbacks';
import { prunableKernels, sparsify, sparsifyReport, strip } from 'tfjs-sparsity/ops';
import {
  adamFisherScore,
  globalAllocation,
  gradientScore,
  gradualMagnitude,
  granet,
  type KernelState,
  keptCount,
  momentumScore,
  movementScore,
  type PruningMethod,
  perLayer,
  rigl,
  type Score,
  saliencyScore,
  snip,
  sparsityOf,
  staticSparse,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it, vi } from 'vitest';
import { createRng } from '../../src/rng.js';
import { backend } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { optimizers } from '../support/optimizers.js';

type Kernel = ReturnType<typeof prunableKernels>[number];
type Execution = 'dense' | 'sparse';

/** A small network, the same at each call, in one of the two executions. */
function network(execution: Execution, optimizer: tf.Optimizer): tf.LayersModel {
  const initializer = (seed: number) => ({ kernelInitializer: tf.initializers.glorotNormal({ seed }) });
  const dense = tf.sequential({
    layers: [
      tf.layers.conv2d({ name: 'conv', filters: 6, kernelSize: 3, activation: 'relu', inputShape: [5, 5, 5], ...initializer(1) }),
      tf.layers.flatten(),
      tf.layers.dense({ name: 'hidden', units: 10, activation: 'relu', ...initializer(2) }),
      // What a regularizer adds is no part of the gradient that methods see.
      tf.layers.dense({ name: 'head', units: 3, kernelRegularizer: tf.regularizers.l2({ l2: 0.1 }), ...initializer(3) }),
    ],
  });
  const model = sparsify(dense, { execution, breakEven: 0 });
  dense.dispose();
  model.compile({ optimizer, loss: 'meanSquaredError' });
  return model;
}

const samples = 16;
const data = createRng('gradient methods');
const normal = (size: number) => Float32Array.from({ length: size }, () => data.normal());
const pixels = normal(samples * 125);
const targets = normal(samples * 3);

interface Training {
  readonly execution?: Execution;
  readonly optimizer?: () => tf.Optimizer;
  readonly epochs?: number;
  /** Before anything else. */
  readonly setUp?: (model: tf.LayersModel) => void;
  /** Before each step, behind the pruning callback. */
  readonly before?: (model: tf.LayersModel, step: number) => void;
  /** After each step, behind the pruning callback. */
  readonly after?: (model: tf.LayersModel, step: number) => void;
}

/** Trains by batches of 4, and leaves nothing behind. */
async function train(method: PruningMethod, training: Training = {}): Promise<void> {
  const { execution = 'dense', optimizer = optimizers.adam, epochs = 2, setUp, before, after } = training;
  await expectNoLeak(async () => {
    const model = network(execution, optimizer());
    setUp?.(model);
    const [xs, ys] = [tf.tensor(pixels, [samples, 5, 5, 5]), tf.tensor(targets, [samples, 3])];
    let step = 0;
    const look = {
      onBatchBegin: async () => before?.(model, step),
      onBatchEnd: async () => {
        step += 1;
        after?.(model, step);
      },
    };
    const callbacks = [pruning(method), look] as unknown as tf.Callback[];
    try {
      await model.fit(xs, ys, { epochs, batchSize: 4, shuffle: false, verbose: 0, callbacks });
    } finally {
      tf.dispose([xs, ys]);
      // tfjs's momentum optimizer forgets its learning rate.
      const { c } = model.optimizer as unknown as { c?: tf.Scalar };
      model.optimizer.dispose();
      if (c && !c.isDisposed) c.dispose();
      model.dispose();
    }
  });
}

const maskOf = ({ masks }: Kernel, size: number) => masks.forward ?? new Uint8Array(size).fill(1);

// Other backends have no other execution.
const executions = backend === 'wasm' ? (['dense', 'sparse'] as const) : (['dense'] as const);

describe.each(executions)('in %s execution', (execution) => {
  const methods = {
    rigl: rigl({ sparsity: 0.6, frequency: 3, endStep: 12, anneal: 'constant' }),
    granet: granet({ initialSparsity: 0.4, finalSparsity: 0.8, frequency: 3, endStep: 12, anneal: 'constant' }),
  };
  const cases = Object.entries(methods).flatMap(([name, method]) =>
    Object.entries(optimizers).map(([under, optimizer]) => [name, under, method, optimizer] as const),
  );

  it.each(cases)('%s under %s: pruned and grown weights and their slots are exactly 0', async (_, __, method, optimizer) => {
    let [grown, pruned] = [0, 0];
    let masks: Uint8Array[] = [];
    await train(method, {
      ...{ execution, optimizer, epochs: 4 },
      after(model, step) {
        const kernels = prunableKernels(model);
        masks = kernels.map((kernel, layer) => {
          const values = kernel.readKernel();
          const mask = maskOf(kernel, values.length);
          // Slots take a kernel that is trained by its kept values apart: not at every step.
          const slots = step % 3 === 0 || step === 1 ? Object.values(kernel.readSlots(model.optimizer)) : [];
          mask.forEach((bit, i) => {
            const isGrown = masks[layer]?.[i] === 0 && bit === 1;
            if (bit === 1 && !isGrown) return;
            if (isGrown) grown++;
            else pruned++;
            if (values[i] !== 0 || slots.some((slot) => slot[i] !== 0)) throw new Error(`${i} of ${layer} at step ${step}`);
          });
          return mask;
        });
        const { sparsity } = method.schedule(step - (step % 3));
        const bits = Uint8Array.from(masks.flatMap((mask) => [...mask]));
        const count = bits.filter((bit) => bit === 1).length;
        if (method.name === 'granet' && step >= 3) expect(count).toBe(keptCount(bits.length, sparsity));
        else expect(Math.abs(count - bits.length * (1 - sparsity))).toBeLessThan(2);
      },
    });
    expect(grown).toBeGreaterThan(20);
    expect(pruned).toBeGreaterThan(1000);
  });

  it('rigl grows the highest |G| of a dense gradient that is that of the plain model', async () => {
    const seen: (readonly KernelState[])[] = [];
    const method = methods.rigl;
    const watched: PruningMethod = {
      ...method,
      updateMasks(kernels, context) {
        if (context.step > 0) seen.push(kernels);
        return method.updateMasks(kernels, context);
      },
    };
    const expected: Float32Array[][] = [];
    const masks: Uint8Array[][] = [];
    await train(watched, {
      ...{ execution, epochs: 3 },
      before(model, step) {
        if (step % 3 !== 2) return;
        const plain = strip(model);
        expected.push(
          tf.tidy(() => {
            const at = (step % 4) * 4;
            const xs = tf.tensor(pixels, [samples, 5, 5, 5]).slice([at], [4]);
            const ys = tf.tensor(targets, [samples, 3]).slice([at], [4]);
            const loss = () => tf.losses.meanSquaredError(ys, plain.apply(xs, { training: true }) as tf.Tensor) as tf.Scalar;
            const kernels = plain.layers
              .flatMap((layer) => layer.weights.slice(0, 1))
              .map((weight) => weight.read() as tf.Variable);
            const { grads } = tf.variableGrads(loss, kernels);
            return kernels.map(({ name }) => (grads[name] as tf.Tensor).dataSync<'float32'>().slice());
          }),
        );
        plain.dispose();
      },
      after(model, step) {
        if (step % 3 === 0) masks.push(prunableKernels(model).map((kernel) => (kernel.masks.forward as Uint8Array).slice()));
        if (step % 3 === 0 && execution === 'sparse' && backend === 'wasm') {
          const { regions } = sparsifyReport(model);
          expect(regions.flatMap((region) => region.execution.filter(({ inLanes }) => inLanes))).toHaveLength(4);
        }
      },
    });
    expect(seen).toHaveLength(4);
    seen.forEach((kernels, update) => {
      kernels.forEach(({ gradient, masks: before }, layer) => {
        const own = expected[update]?.[layer] as Float32Array;
        const scale = Math.max(...own.map(Math.abs));
        gradient?.forEach((value, i) => {
          expect(Math.abs(value - own[i])).toBeLessThan(1e-4 * scale);
        });
        const [old, next] = [before?.forward as Uint8Array, masks[update]?.[layer] as Uint8Array];
        expect(sparsityOf(next)).toBe(sparsityOf(old));
        // None that was left out has a higher gradient than one that has come.
        const size = (i: number) => Math.abs(own[i]);
        const came = Array.from(next.keys()).filter((i) => old[i] === 0 && next[i] === 1);
        const out = Array.from(next.keys()).filter((i) => next[i] === 0);
        expect(Math.min(...came.map(size))).toBeGreaterThan(Math.max(...out.map(size)) - 2e-4 * scale);
      });
    });
  });
});

describe('what a method needs', () => {
  const asked = async (method: PruningMethod, epochs = 2) => {
    const steps: number[] = [];
    const spies: { mock: { calls: unknown[][] } }[] = [];
    await train(method, {
      epochs,
      setUp(model) {
        const [kernel] = prunableKernels(model) as [Kernel];
        spies.push(vi.spyOn(kernel, 'collectGradient'), vi.spyOn(kernel, 'readSlots'));
      },
      before(_, step) {
        if (spies[0]?.mock.calls.at(-1)?.[0] === true) steps.push(step);
      },
    });
    return { gradients: steps, slots: spies[1]?.mock.calls.length };
  };

  it('is asked for when masks are made, or at every step for a state, and costs nothing else', async () => {
    const by = (score: Score) => gradualMagnitude({ finalSparsity: 0.5, endStep: 6, frequency: 3, score });
    expect(await asked(rigl({ frequency: 3, endStep: 6 }))).toEqual({ gradients: [2, 5], slots: 0 });
    expect(await asked(snip())).toEqual({ gradients: [0], slots: 0 });
    expect(await asked(by(saliencyScore()))).toEqual({ gradients: [2, 5], slots: 0 });
    expect(await asked(by(movementScore()))).toEqual({ gradients: [0, 1, 2, 3, 4, 5, 6, 7], slots: 0 });
    // Before the first step, and at the two updates.
    expect(await asked(by(adamFisherScore()))).toEqual({ gradients: [], slots: 3 });
    expect(await asked(staticSparse())).toEqual({ gradients: [], slots: 0 });
    expect(await asked(gradualMagnitude({ endStep: 6 }))).toEqual({ gradients: [], slots: 0 });
  });

  it.each([
    ['gradient', gradientScore()],
    ['saliency', saliencyScore()],
    ['momentum', momentumScore()],
    ['adam-fisher', adamFisherScore()],
    ['movement', movementScore()],
  ] as const)('%s: gradual pruning reaches its sparsity by this score, globally too', async (_, score) => {
    for (const allocation of [undefined, globalAllocation()]) {
      const method = gradualMagnitude({ finalSparsity: 0.8, endStep: 6, frequency: 2, score, ...(allocation && { allocation }) });
      let sparsity = 0;
      await train(method, {
        after(model) {
          const masks = prunableKernels(model).flatMap((kernel) => [...maskOf(kernel, kernel.readKernel().length)]);
          sparsity = sparsityOf(Uint8Array.from(masks));
        },
      });
      expect(sparsity).toBeCloseTo(0.8, 2);
    }
  });

  it('movement sums -w g over the steps, w being the weight at which g was taken', async () => {
    const method = gradualMagnitude({ finalSparsity: 0.5, endStep: 8, frequency: 8, score: movementScore() });
    const sums = new Map<string, Float64Array>();
    const states: Float32Array[] = [];
    let weights: Float32Array[] = [];
    const watched: PruningMethod = {
      ...method,
      accumulate(kernel) {
        const sum = sums.get(kernel.info.name) ?? new Float64Array(kernel.weights.length);
        const at = weights[['conv', 'hidden', 'head'].indexOf(kernel.info.name)] as Float32Array;
        sums.set(
          kernel.info.name,
          sum.map((value, i) => value - (at[i] as number) * (kernel.gradient?.[i] as number)),
        );
        return method.accumulate?.(kernel) as Float32Array;
      },
      updateMasks(kernels, context) {
        states.push(...kernels.flatMap(({ state }) => state ?? []));
        return method.updateMasks(kernels, context);
      },
    };
    await train(watched, {
      before(model) {
        weights = prunableKernels(model).map((kernel) => kernel.readKernel());
      },
    });
    expect(states).toHaveLength(3);
    [...sums.values()].forEach((sum, layer) => {
      expect(sum.some((value) => value !== 0)).toBe(true);
      states[layer]?.forEach((value, i) => {
        expect(value).toBeCloseTo(sum[i] as number, 4);
      });
    });
  });

  it('is refused where it cannot be had', async () => {
    const by = (score: Score) => gradualMagnitude({ finalSparsity: 0.5, endStep: 4, score });
    await expect(train(by(momentumScore()), { optimizer: optimizers.sgd })).rejects.toThrow(
      'optimizer under pruning method gradual: got SGD, which keeps no slots',
    );
    for (const [score, optimizer, message] of [
      [adamFisherScore(), optimizers.adagrad, 'got Adagrad, which keeps the slots accumulator, expected one that keeps v or rms'],
      [adamFisherScore(), optimizers.momentum, 'got Momentum, which keeps the slots momentum, expected one that keeps v or rms'],
      [adamFisherScore(), optimizers.adamax, 'got Adamax, which keeps the slots m, u, expected one that keeps v or rms'],
      [
        momentumScore(),
        optimizers.adagrad,
        'got Adagrad, which keeps the slots accumulator, expected one that keeps momentum or m',
      ],
      [momentumScore(), optimizers.adadelta, 'the slots accum_grad, accum_var, expected one that keeps momentum or m'],
    ] as const) {
      // Before the first step, however late the first update.
      const late = gradualMagnitude({ finalSparsity: 0.5, beginStep: 900, endStep: 901, score });
      for (const method of [late, perLayer({ methods: { conv: gradualMagnitude({ endStep: 9 }), 'h*': late } })]) {
        const after = vi.fn();
        await expect(train(method, { optimizer, after })).rejects.toThrow(message);
        expect(after).not.toHaveBeenCalled();
      }
    }
    const freeze = (model: tf.LayersModel) => {
      model.getLayer('hidden').trainable = false;
      model.compile({ optimizer: model.optimizer, loss: 'meanSquaredError' });
    };
    await expect(train(rigl({ frequency: 2, endStep: 4 }), { setUp: freeze })).rejects.toThrow(
      'gradient of layer hidden: got none, expected that of the step just done',
    );
    await train(rigl({ frequency: 2, endStep: 4, exclude: ['hidden'] }), { setUp: freeze });
    const early = gradualMagnitude({ initialSparsity: 0.2, finalSparsity: 0.5, endStep: 4, score: saliencyScore() });
    await expect(train(early)).rejects.toThrow('gradient of layer conv: got none');
    const { accumulate: _, ...stateless } = by(movementScore());
    expect(() => pruning(stateless)).toThrow('got the need of a state without accumulate');
    expect(() => pruning({ ...stateless, needs: ['gradients' as 'gradient'] })).toThrow(/needs of.*got gradients.*gradient/);
  });
});
