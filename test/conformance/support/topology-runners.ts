import { acdc, dropAndGrow, rigl, sparsityOf, zeroWhere } from 'tfjs-sparsity/pruning';
import { createRng } from '../../../src/rng.js';
import { expectKeys, expectNear } from './compare.js';
import { infoOf, magnitudesOf, scoresOf } from './kernels.js';
import { flat, type Runners } from './pruning-cases.js';

/** Masks that exchange weights, and masks that come and go. */
export const topologyRunners: Runners = {
  'mask.cycle {cycle_dense_steps, cycle_sparse_steps, final_sparse_steps_start, init_dense_steps_end, sparsity}': ({
    input,
    expected,
  }) => {
    const method = acdc({
      sparsity: input.sparsity,
      beginStep: input.init_dense_steps_end,
      endStep: input.final_sparse_steps_start,
      sparseSteps: input.cycle_sparse_steps,
      denseSteps: input.cycle_dense_steps,
    });
    const rng = createRng(0);
    const weights = Float32Array.from({ length: 100 }, () => rng.normal());
    let masks: ReturnType<typeof method.updateMasks>[number] | undefined;
    const means = (expected.mean_mask_after_update as number[]).map((_, step) => {
      const { update, sparsity } = method.schedule(step);
      if (update) [masks] = method.updateMasks([{ info: infoOf([10, 10]), weights, masks }], { step, sparsity, rng });
      return 1 - sparsityOf(masks?.forward ?? null);
    });
    expectKeys(expected, { mean_mask_after_update: means });
  },

  'mask.rigl {abs_grad, drop_fraction, old_mask, weights}': ({ input, expected }) => {
    const old = Uint8Array.from(flat(input.old_mask));
    const made = dropAndGrow({
      mask: old,
      dropScores: magnitudesOf(input.weights),
      growScores: scoresOf(input.abs_grad),
      dropFraction: input.drop_fraction,
    });
    expectKeys(expected, { ...made });
    const method = rigl({ initial: input.drop_fraction, anneal: 'constant', endStep: 200 });
    const masks = { forward: old, backward: old, gradient: old };
    const kernel = { info: infoOf([1, old.length]), weights: scoresOf(input.weights), masks, gradient: scoresOf(input.abs_grad) };
    const [{ forward }] = method.updateMasks([kernel], { step: 100, sparsity: sparsityOf(old), rng: createRng(0) });
    expectKeys({ mask: expected.mask }, { mask: forward });
  },
  'mask.rigl {drop_fraction, drop_score, grow_score, old_mask}': ({ input, expected }) => {
    const { mask } = dropAndGrow({
      mask: Uint8Array.from(flat(input.old_mask)),
      dropScores: scoresOf(input.drop_score),
      growScores: scoresOf(input.grow_score),
      dropFraction: input.drop_fraction,
      profile: 'jaxpruner',
    });
    expectKeys(expected, { mask });
  },

  'optimizer.reset {newly_active, state}': ({ input: { newly_active: grown, state }, expected }) =>
    expectNear([...zeroWhere(Uint8Array.from(flat(grown)), scoresOf(state))], expected),
};
