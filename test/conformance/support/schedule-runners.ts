import * as tf from '@tensorflow/tfjs';
import { pruning } from 'tfjs-sparsity/callbacks';
import { maskedDense, prunableKernels } from 'tfjs-sparsity/ops';
import {
  constantSchedule,
  gradualMagnitude,
  type LayerMasks,
  polynomialSchedule,
  type Schedule,
  sparsityOf,
} from 'tfjs-sparsity/pruning';
import { expect } from 'vitest';
import { SparsityError } from '../../../src/errors.js';
import { createRng } from '../../../src/rng.js';
import { expectKeys, expectNear } from './compare.js';
import { infoOf } from './kernels.js';
import { note } from './left-out.js';
import type { Case, Runners } from './pruning-cases.js';
import { constant, emptyRamp, make, ramp, values } from './schedule-values.js';

function construct({ input }: Case): void {
  for (const name of [input.schedule].flat()) {
    if (name === 'PolynomialDecay' && input.begin_step === input.end_step) note(emptyRamp);
    else make(name, input);
  }
}

function constructRefused({ input }: Case): void {
  for (const name of [input.schedule].flat()) expect(() => make(name, input), name).toThrow(SparsityError);
}

function value({ input, expected }: Case): void {
  if (!Object.hasOwn(values, input.schedule)) throw new Error(`unknown schedule: ${input.schedule}`);
  expectNear(values[input.schedule](input), expected);
}

const isUpdate = ({ input, expected }: Case) => expect(make(input.schedule, input)(input.step).update).toBe(expected);

/**
 * Drives gradual pruning of 160000 weights, and compares the sparsity after each batch, to half a weight that of the masks; the masks of a
 * batch are made before it.
 */
function drive({ input, expected }: Case, batches: number): void {
  const rng = createRng(0);
  const weights = Float32Array.from({ length: 160_000 }, () => rng.normal());
  const { initial: initialSparsity, final: finalSparsity, begin_step: beginStep, end_step: endStep, frequency } = input;
  const method = gradualMagnitude({ initialSparsity, finalSparsity, beginStep, endStep, frequency, profile: 'tfmot' });
  let masks: LayerMasks | undefined;
  let inForce = 0;
  const after: Record<string, number> = {};
  for (let step = 0; step < batches; step++) {
    const { update, sparsity } = method.schedule(step);
    if (update) {
      [masks] = method.updateMasks([{ info: infoOf([400, 400]), weights, masks }], { step, sparsity, rng });
      inForce = sparsity;
      expect(Math.abs(sparsityOf(masks?.forward ?? null) - sparsity) * weights.length).toBeLessThanOrEqual(0.5 + 1e-9);
    }
    after[`sparsity_after_${step + 1}`] = inForce;
  }
  expectKeys(expected, after);
}

/** The batches of a training, counted from 1, whose forward pass is the first to see new masks. */
async function batchesWithNewMasks(schedule: Schedule, batches: number): Promise<number[]> {
  const model = tf.sequential({ layers: [maskedDense({ units: 2, inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const [kernel] = prunableKernels(model);
  const seen: number[] = [];
  let { forward } = kernel.masks;
  const look = async (batch: number) => {
    if (kernel.masks.forward !== forward) seen.push(batch + 1);
    forward = kernel.masks.forward;
  };
  const callbacks = [pruning(gradualMagnitude({ schedule })), { onBatchBegin: look }] as unknown as tf.Callback[];
  const data = tf.ones([batches, 2]);
  await model.fit(data, data, { batchSize: 1, verbose: 0, callbacks });
  data.dispose();
  model.dispose();
  return seen;
}

/** Schedules: values, updates, what they refuse. */
export const scheduleRunners: Runners = {
  'schedule.ok {begin_step, end_step, frequency, schedule}': construct,
  'schedule.ok {begin_step, end_step, schedule}': construct,
  'schedule.ok {sparsity}': ({ input: { sparsity } }) => {
    constantSchedule({ sparsity });
    polynomialSchedule({ finalSparsity: sparsity, endStep: 10 });
  },
  'schedule.throws {begin_step, end_step, final_sparsity, initial_sparsity, schedule}': constructRefused,
  'schedule.throws {begin_step, end_step, frequency, schedule}': constructRefused,
  'schedule.throws {begin_step, end_step, schedule}': constructRefused,
  'schedule.throws {sparsity}': ({ input: { sparsity } }) => {
    expect(() => constantSchedule({ sparsity })).toThrow(SparsityError);
    expect(() => polynomialSchedule({ finalSparsity: sparsity, endStep: 10 })).toThrow(SparsityError);
  },

  'schedule.should_prune {begin_step, end_step, frequency, schedule, step, target_sparsity}': isUpdate,
  'schedule.should_prune {begin_step, end_step, frequency, schedule, step}': isUpdate,
  'schedule.should_prune {begin_step, end_step, frequency, step}': ({ input, expected }) => {
    const by = (profile: 'tfmot' | 'jaxpruner') => ramp(input, profile)(input.step).update;
    expect({ tfmot: by('tfmot'), jaxpruner: by('jaxpruner') }).toEqual(expected);
  },
  'schedule.should_prune {schedule, step, update_end_step, update_freq, update_start_step}': isUpdate,

  'schedule.value {begin_step, end_step, final_sparsity, frequency, initial_sparsity, power, schedule, step}': value,
  'schedule.value {delta_t, final_sl, init_sl, init_t, initially_zero, schedule, t, total_t}': value,
  'schedule.value {exponent, per_complete, schedule}': value,
  'schedule.value {healing_start_step, schedule, step, target, warmup_steps}': value,
  'schedule.value {per_complete, schedule}': value,
  'schedule.value {power, schedule, step, target, update_end_step, update_freq, update_start_step}': value,
  'schedule.value {schedule, step, target, update_end_step, update_start_step}': value,

  'step {batches, begin_step, end_step, final, frequency, initial}': (test) => drive(test, test.input.batches),
  'step {batches, begin_step, frequency}': async ({ input, expected }) => {
    expectKeys(expected, { mask_updates_at_batch: await batchesWithNewMasks(constant(input), input.batches) });
  },
  'step {batches_after, batches_before_save, begin_step, end_step, final, frequency, initial}': (test) =>
    drive(test, test.input.batches_before_save + test.input.batches_after),
};
