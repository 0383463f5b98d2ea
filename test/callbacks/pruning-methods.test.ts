import * as tf from '@tensorflow/tfjs';
import { pruning } from 'tfjs-sparsity/callbacks';
import { prunableKernels } from 'tfjs-sparsity/ops';
import { acdc, biMask, isNm, type PruningMethod, sparseEvolution, srSte } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { expectNoLeak } from '../support/no-leak.js';
import { tinyData, tinyModel } from './tiny-run.js';

/** Trains and looks at the kernels that the method prunes after every step. */
async function watch(
  method: PruningMethod,
  epochs: number,
  look: (kernels: ReturnType<typeof prunableKernels>, step: number) => void,
) {
  const model = tinyModel(tf.train.adam(0.01));
  const { xs, ys } = tinyData();
  let step = 0;
  const watching = { onBatchEnd: async () => look(prunableKernels(model), ++step) };
  const callbacks = [pruning(method), watching] as unknown as tf.Callback[];
  const { history } = await model.fit(xs, ys, { epochs, batchSize: 4, shuffle: false, verbose: 0, callbacks });
  tf.dispose([xs, ys]);
  model.optimizer.dispose();
  model.dispose();
  expect((history.loss as number[]).every(Number.isFinite)).toBe(true);
}

const nonzeros = (values: ArrayLike<number>) => Array.from(values).filter((value) => value !== 0).length;

describe('methods inside fit', () => {
  it('acdc: weights are 0 where masked in sparse phases, and all train again in dense ones', async () => {
    await expectNoLeak(() =>
      watch(acdc({ sparsity: 0.5, beginStep: 2, endStep: 6, sparseSteps: 2, denseSteps: 2 }), 2, (kernels, step) => {
        for (const kernel of kernels) {
          const values = kernel.readKernel();
          const isDense = step < 2 || step === 4 || step === 5;
          expect(kernel.masks.forward === null).toBe(isDense);
          if (!isDense) expect(nonzeros(values)).toBeLessThanOrEqual(values.length / 2);
          else if (step === 5) expect(nonzeros(values)).toBeGreaterThan(values.length / 2);
        }
      }),
    );
  });

  it('sparseEvolution: as many weights as at first, at other places, and 0 elsewhere', async () => {
    const first: Uint8Array[] = [];
    let moved = 0;
    await expectNoLeak(() =>
      watch(sparseEvolution({ sparsity: 0.5, frequency: 2, endStep: 8, anneal: 'constant' }), 2, (kernels) => {
        kernels.forEach((kernel, i) => {
          const [mask, values] = [kernel.masks.forward as Uint8Array, kernel.readKernel()];
          first[i] ??= mask;
          expect(nonzeros(mask)).toBe(nonzeros(first[i]));
          expect(values.every((value, k) => mask[k] === 1 || value === 0)).toBe(true);
          if (mask.some((bit, k) => bit !== first[i][k])) moved++;
        });
      }),
    );
    expect(moved).toBeGreaterThan(0);
  });

  it.each([
    ['srSte', srSte({ n: 1, m: 2 })],
    ['biMask', biMask({ n: 1, m: 2 })],
  ])('%s: operands obey N:M after every step while the stored weights stay dense', async (_, method) => {
    let seen = 0;
    await expectNoLeak(() =>
      watch(method, 1, (kernels) => {
        for (const kernel of kernels) {
          const { info, masks } = kernel;
          if (method.skip(info)) continue;
          seen++;
          expect(isNm(masks.forward as Uint8Array, info, { n: 1, m: 2 })).toBe(true);
          if (method.name === 'bi-mask') {
            expect(isNm(masks.backward as Uint8Array, info, { n: 1, m: 2, axis: 'output' })).toBe(true);
          }
          expect(nonzeros(kernel.readKernel())).toBeGreaterThan(nonzeros(masks.forward as Uint8Array));
        }
      }),
    );
    expect(seen).toBeGreaterThan(0);
  });
});
