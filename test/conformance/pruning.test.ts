import * as tf from '@tensorflow/tfjs';
import { bdwpReduction } from 'tfjs-sparsity/hw';
import { maskedOps } from 'tfjs-sparsity/ops';
import {
  bdwp,
  constantSchedule,
  globalAllocation,
  gradualMagnitude,
  groupLasso,
  isNm,
  type KernelInfo,
  type LayerMasks,
  linearSchedule,
  magnitudeScore,
  nm,
  packMask,
  polynomialSchedule,
  type Schedule,
  sparsityOf,
  unstructured,
} from 'tfjs-sparsity/pruning';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SparsityError } from '../../src/errors.js';
import { createRng } from '../../src/rng.js';
import { type Case, cases, flat, formOf, LeftOut, shapeOf, unsupported, type Value } from './pruning-cases.js';

/** A kernel of any shape: vectors are one row, three axes a conv1d. */
function infoOf(shape: readonly number[]): KernelInfo {
  if (shape.length === 1) return infoOf([1, ...shape]);
  const inputAxis = shape.length - 2;
  return {
    name: 'kernel',
    kind: (['dense', 'conv1d', 'conv2d'] as const)[inputAxis],
    shape,
    inputAxis,
    outputAxis: inputAxis + 1,
  };
}

const scoresOf = (value: Value) => Float32Array.from(flat(value));
const magnitudesOf = (value: Value) =>
  magnitudeScore()({ info: infoOf(shapeOf(value)), weights: scoresOf(value), masks: undefined });

/** Equal in value, whatever the nesting; to 1e-6, or to the last of the digits given where those are at least four. */
function expectNear(actual: Value, expected: Value): void {
  const [got, wanted] = [Array.from(flat(actual)), flat(expected)];
  expect(got).toHaveLength(wanted.length);
  wanted.forEach((figure, i) => {
    const decimals = /\.(\d+)$/.exec(String(figure))?.[1].length ?? 0;
    const lastDigit = decimals >= 4 ? 0.501 * 10 ** -decimals : 0;
    const tolerance = Math.max(1e-9, 1e-6 * Math.abs(figure), lastDigit);
    expect(Math.abs(got[i] - figure), `figure ${i}: got ${got[i]}, expected ${figure}`).toBeLessThanOrEqual(tolerance);
  });
}

function expectMask(mask: Uint8Array, expected: Value): void {
  expect(Array.from(mask)).toEqual(flat(expected));
}

/** Compares by key; a key that is neither given nor left out is an error. */
function expectKeys(
  expected: Readonly<Record<string, Value>>,
  actual: Readonly<Record<string, Value>>,
  leftOut: readonly string[] = [],
): void {
  for (const [key, value] of Object.entries(expected)) {
    if (leftOut.includes(key)) note(`${key}: no such profile or method in this version`);
    else if (key in actual) expectNear(actual[key], value);
    else throw new Error(`unknown key of expected: ${key}`);
  }
}

/** The mask, or what a throw is called in the cases. */
function maskOrThrow(make: () => Uint8Array): Value {
  try {
    return Array.from(make());
  } catch (error) {
    if (error instanceof SparsityError) return 'ValueError';
    throw error;
  }
}

const profileOf = ({ origin }: Case) => (/jaxpruner/.test(origin) ? 'jaxpruner' : /tfmot/.test(origin) ? 'tfmot' : 'default');

/** An axis of a case, which may be a number or a name. */
function axisOf(axis: number | string): number | 'input' | 'output' {
  if (typeof axis === 'number') return axis;
  if (axis === 'Cin' || axis === 'in') return 'input';
  if (axis === 'Cout' || axis === 'out') return 'output';
  throw new Error(`unknown axis: ${axis}`);
}

const ramp = (at: Value, defaults: object = {}) =>
  polynomialSchedule({
    initialSparsity: at.initial_sparsity ?? at.initial ?? 0,
    finalSparsity: at.final_sparsity ?? at.final ?? 0.5,
    beginStep: at.begin_step,
    endStep: at.end_step,
    frequency: at.frequency ?? 100,
    power: at.power ?? 3,
    profile: 'tfmot',
    ...defaults,
  });

const constant = (at: Value) =>
  constantSchedule({
    sparsity: at.target_sparsity ?? 0.5,
    beginStep: at.begin_step,
    ...(at.end_step === undefined || at.end_step === -1 ? {} : { endStep: at.end_step }),
    frequency: at.frequency ?? 100,
    profile: 'tfmot',
  });

const jaxpruner = (at: Value) =>
  polynomialSchedule({
    finalSparsity: at.target,
    beginStep: at.update_start_step,
    endStep: at.update_end_step,
    frequency: at.update_freq ?? 1,
    power: at.power ?? 3,
    profile: 'jaxpruner',
  });

/** Constructors of schedules by the names that the cases use. */
const tfmotSchedules: Readonly<Record<string, (at: Value) => Schedule>> = { ConstantSparsity: constant, PolynomialDecay: ramp };

function construct(at: Value): void {
  if (at.sparsity !== undefined) {
    constantSchedule({ sparsity: at.sparsity });
    polynomialSchedule({ finalSparsity: at.sparsity, endStep: 10 });
    return;
  }
  const names: string[] = [at.schedule].flat();
  for (const name of names) {
    if (!tfmotSchedules[name]) throw new Error(`unknown schedule: ${name}`);
    if (name === 'PolynomialDecay' && at.begin_step === at.end_step) {
      throw new LeftOut('a ramp without steps divides 0 by 0 upstream; here it is an error');
    }
    tfmotSchedules[name](at);
  }
}

function constructRefused(at: Value): void {
  for (const name of [at.schedule].flat()) {
    expect(() => construct({ ...at, schedule: name })).toThrow(SparsityError);
  }
}

/** The value of a schedule; those that only share the shape of ours are the ramp from 0 to 0.5, twice. */
function scheduleValue(at: Value): number {
  const share = (make: (options: { finalSparsity: number; endStep: number }) => Schedule) =>
    2 * make({ finalSparsity: 0.5, endStep: 1_000_000 })(Math.round(1e6 * at.per_complete)).sparsity;
  switch (at.schedule) {
    case 'PolynomialDecay':
      return ramp(at)(at.step).sparsity;
    case 'jaxpruner.Polynomial':
      return jaxpruner(at)(at.step).sparsity;
    case 'torch.CubicSL':
      if (at.initially_zero && at.init_sl > 0 && at.t < at.init_t) throw new LeftOut('no ramp here jumps at its begin');
      return polynomialSchedule({
        initialSparsity: at.init_sl,
        finalSparsity: at.final_sl,
        beginStep: at.init_t,
        endStep: at.init_t + at.delta_t * at.total_t,
      })(at.t).sparsity;
    case 'pat.cubic':
      if (at.step === at.healing_start_step - 1) throw new LeftOut('PAT is at its target one step before the end of the ramp');
      return polynomialSchedule({ finalSparsity: at.target, beginStep: at.warmup_steps, endStep: at.healing_start_step })(at.step)
        .sparsity;
    case 'sparseml.linear':
      return share(linearSchedule);
    case 'sparseml.cubic':
      return share((options) => polynomialSchedule({ ...options, power: at.exponent }));
    case 'inverse_cubic':
      return share((options) => polynomialSchedule({ ...options, power: 1 / 3 }));
    case 'sparseml.polynomial':
      throw new LeftOut('no schedule that rises slowly first in this version');
    case 'sparseml.polynomial_decay':
      throw new LeftOut('a fault upstream: with its default exponent 2 it starts at twice the range and falls');
    default:
      throw new Error(`unknown schedule: ${at.schedule}`);
  }
}

function isUpdate(at: Value): boolean {
  if (at.schedule === 'jaxpruner.Periodic') {
    const window = { beginStep: at.update_start_step, endStep: at.update_end_step, frequency: at.update_freq };
    return constantSchedule({ sparsity: 0.5, ...window, profile: 'jaxpruner' })(at.step).update;
  }
  if (!tfmotSchedules[at.schedule]) throw new Error(`unknown schedule: ${at.schedule}`);
  return tfmotSchedules[at.schedule](at)(at.step).update;
}

/** Drives gradual pruning of 100 weights as tfmot counts steps, from 1; gives the sparsity after each batch. */
function drive(at: Value, batches: number): number[] {
  const rng = createRng(0);
  const weights = Float32Array.from({ length: 100 }, () => rng.normal());
  const { initial, final, begin_step, end_step, frequency } = at;
  const options = { initialSparsity: initial, finalSparsity: final, beginStep: begin_step, endStep: end_step, frequency };
  const method = gradualMagnitude({ ...options, profile: 'tfmot' });
  let masks: LayerMasks | undefined;
  return Array.from({ length: batches }, (_, batch) => {
    const { update, sparsity } = method.schedule(batch + 1);
    if (update) [masks] = method.updateMasks([{ info: infoOf([10, 10]), weights, masks }], { step: batch + 1, sparsity, rng });
    return sparsityOf(masks?.forward ?? null);
  });
}

/** One pass through a dense layer with the masks of a method. */
function trainStep({ id, origin, input, expected }: Case): void {
  const { x, W, dy, keep, of, lambda_w = 0 } = input;
  const method = `${id} ${origin}`;
  if (/sdgp/i.test(method)) throw new LeftOut('no method that prunes the output gradient in this version');
  if (/bi-?mask/i.test(method))
    throw new LeftOut('no method whose backward mask is made of the forward-masked weights in this version');
  const two = /bdwp|2309\.13015/i.test(method);
  if (!two && !/ste\b|nm-sparsity/i.test(method)) throw new Error(`unknown method: ${method}`);
  const state = { info: infoOf(shapeOf(W)), weights: scoresOf(W), masks: undefined };
  const [made] = bdwp({ n: keep, m: of }).updateMasks([state], { step: 0, sparsity: 1 - keep / of, rng: createRng(0) });
  const tensors = tf.tidy(() => {
    const mask = (values: Uint8Array | null) => tf.tensor(Array.from(values ?? []), state.info.shape as number[]);
    const forward = mask(made.forward);
    const backward = two ? mask(made.backward) : forward;
    const op = (A: tf.Tensor, w: tf.Tensor) => maskedOps.matMul(A, w, { forward, backward, gradient: null, decay: lambda_w });
    const [dx, dW] = tf.grads(op)([tf.tensor(x), tf.tensor(W)], tf.tensor(dy));
    const y = op(tf.tensor(x), tf.tensor(W));
    return { y: y.arraySync(), dx: dx.arraySync(), dW: dW.arraySync() };
  });
  expectKeys(expected, { ...tensors, mask_forward: [...(made.forward ?? [])], mask_backward: [...(made.backward ?? [])] });
}

/** A pruned weight under SR-STE without data gradient: its own decay, through plain SGD. */
function decayTrajectory({ lambda_w, lr, steps, w_pruned }: Value): number[] {
  return tf.tidy(() => {
    const W = tf.variable(tf.tensor2d([[1], [w_pruned]]));
    const options = { forward: tf.tensor2d([[1], [0]]), gradient: null, decay: lambda_w };
    const optimizer = tf.train.sgd(lr);
    const stored = [w_pruned];
    for (let step = 0; step < steps; step++) {
      optimizer.minimize(() => maskedOps.matMul(tf.zeros([1, 2]), W, options).asScalar());
      stored.push(W.dataSync()[1]);
    }
    return stored;
  });
}

/** How a case of each form is run. */
const runners: Readonly<Record<string, (test: Case) => void>> = {
  'check.nm {of, rows, zeros}': ({ input: { rows, zeros, of }, expected }) =>
    expect(isNm(flat(rows), infoOf(shapeOf(rows)), { n: of - zeros, m: of, axis: 'output' })).toBe(expected),

  'cost {m, n}': ({ input: { n, m }, expected }) => {
    const bdwpShare = 1 - bdwpReduction({ prunableShare: 1, n, m });
    expectKeys(expected, { dense: 1, bdwp: bdwpShare, ideal_speedup_bdwp: 1 / bdwpShare }, ['sdgp', 'sr_ste_usable']);
  },

  'mask.apply {sparsity, weights}': ({ input: { weights, sparsity }, expected }) => {
    const mask = unstructured()(magnitudesOf(weights), infoOf(shapeOf(weights)), sparsity);
    expectKeys(expected, { pruned: flat(weights).map((w, i) => w * mask[i]) });
  },

  'mask.contrast {keep, of, row}': ({ input: { row, keep, of }, expected }) => {
    const by = (profile: 'tfmot' | 'jaxpruner') =>
      Array.from(nm({ n: keep, m: of, axis: 'output', profile })(magnitudesOf(row), infoOf(shapeOf(row)), 0.5));
    const known = { tfmot_lowest_index: by('tfmot'), jaxpruner_highest_index: by('jaxpruner') };
    expectKeys(expected, known, ['asp_pattern_order_cpython3_11', 'sr_ste']);
  },
  'mask.contrast {layout, weights}': ({ input: { weights }, expected }) => {
    const by = (profile: 'tfmot' | 'jaxpruner') =>
      maskOrThrow(() => nm({ n: 2, m: 4, axis: 'input', profile })(magnitudesOf(weights), infoOf(shapeOf(weights)), 0.5));
    const { jaxpruner: thrown, ...masks } = expected;
    expectKeys(masks, { tfmot_pad_per_row: by('tfmot') }, ['asp', 'sr_ste_nhwc_groups_cross_pixels']);
    expect(by('jaxpruner')).toEqual(thrown);
  },
  'mask.contrast {scores, sparsity}': ({ input: { scores, sparsity }, expected }) => {
    const by = (profile: 'tfmot' | 'jaxpruner') => unstructured({ profile })(scoresOf(scores), infoOf(shapeOf(scores)), sparsity);
    const others = ['sparseml_new', 'torch_prune_l1_n_pruned', 'rigl_random_n_zeros', 'pat_ceil_n_pruned'];
    expectKeys(expected, { tfmot: [...by('tfmot')], jaxpruner: [...by('jaxpruner')] }, others);
  },

  'mask.count {axis, m, n, shape, sparsity}': ({ input: { axis, m, n, shape, sparsity }, expected }) => {
    const zeros = (target: number) =>
      sparsityOf(
        nm({ n, m, axis, profile: 'jaxpruner' })(
          new Float32Array(shape.reduce((a: number, b: number) => a * b, 1)),
          infoOf(shape),
          target,
        ),
      );
    expectKeys(expected, { zero_fraction: zeros(sparsity), at_sparsity_gt_0: zeros(0.5) });
  },
  'mask.count {size, sparsity}': ({ input: { size, sparsity }, expected }) => {
    const mask = unstructured()(new Float32Array(size), infoOf([size]), sparsity);
    expectKeys(expected, { ones: mask.reduce((a, b) => a + b, 0) });
  },
  'mask.count {sparsity, weights}': (test) => {
    const { weights, sparsity } = test.input;
    const mask = unstructured({ profile: profileOf(test) })(magnitudesOf(weights), infoOf(shapeOf(weights)), sparsity);
    expectKeys(test.expected, { nonzero: mask.reduce((a, b) => a + b, 0) });
  },

  'mask.global {normalise, scores, sparsity}': ({ input: { scores, sparsity, normalise }, expected }) => {
    if (!/L2norm\+1e-8/.test(normalise)) throw new Error(`unknown normalisation: ${normalise}`);
    const kernels = Object.values(scores).map((values) => ({ info: infoOf(shapeOf(values)), scores: scoresOf(values) }));
    const sparsities = globalAllocation({ normalise: 'l2' })(kernels, sparsity);
    const masks = kernels.map((kernel, i) => [...unstructured()(kernel.scores, kernel.info, sparsities[i])]);
    expectKeys(expected, Object.fromEntries(Object.keys(scores).map((name, i) => [name, masks[i]])));
  },

  'mask.nm {axis, keep, layout, of, weights}': ({ input: { weights, axis, keep, of }, expected }) =>
    expectMask(nm({ n: keep, m: of, axis: axisOf(axis) })(magnitudesOf(weights), infoOf(shapeOf(weights)), 0.5), expected.mask),
  'mask.nm {axis, m, n, scores}': ({ input: { scores, axis, n, m }, expected }) =>
    expectMask(nm({ n, m, axis, profile: 'jaxpruner' })(scoresOf(scores), infoOf(shapeOf(scores)), 0.5), expected.mask),
  'mask.nm {layout, of, weights, zeros}': ({ input: { weights, zeros, of }, expected }) =>
    expectMask(
      nm({ n: of - zeros, m: of, profile: 'tfmot' })(magnitudesOf(weights), infoOf(shapeOf(weights)), 0.5),
      expected.mask,
    ),

  'mask.nm.rows {keep, of, rows}': ({ input: { rows, keep, of }, expected }) =>
    expectMask(nm({ n: keep, m: of, axis: 'output' })(magnitudesOf(rows), infoOf(shapeOf(rows)), 0.5), expected.mask),
  'mask.nm.rows {of, pad, rows, zeros}': ({ input: { rows, zeros, of }, expected }) =>
    expectMask(
      nm({ n: of - zeros, m: of, axis: 'output', profile: 'tfmot' })(magnitudesOf(rows), infoOf(shapeOf(rows)), 0.5),
      expected.mask,
    ),

  'mask.ratio {cin, cout, kernel, of, zeros}': ({ input: { kernel, cin, cout, zeros, of }, expected }) => {
    const shape = [...kernel, cin, cout];
    const rng = createRng(0);
    const scores = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.uniform());
    expectKeys(expected, {
      overall_sparsity: sparsityOf(nm({ n: of - zeros, m: of, profile: 'tfmot' })(scores, infoOf(shape), 0.5)),
    });
  },

  'mask.sequence {sparsity_per_step, weights}': ({ input: { weights, sparsity_per_step }, expected }) => {
    const method = gradualMagnitude({ endStep: 10 });
    const [info, values] = [infoOf(shapeOf(weights)), scoresOf(weights)];
    let masks: LayerMasks | undefined;
    const counts = sparsity_per_step.map((sparsity: number, step: number) => {
      [masks] = method.updateMasks([{ info, weights: values, masks }], { step, sparsity, rng: createRng(0) });
      return Math.round(values.length * (1 - sparsityOf(masks?.forward ?? null)));
    });
    expectKeys(expected, { nonzero_after_each: counts });
  },

  'mask.throws {axis, m, n, shape}': ({ input: { axis, m, n, shape } }) => {
    const scores = new Float32Array(shape.reduce((a: number, b: number) => a * b, 1));
    expect(() => nm({ n, m, axis, profile: 'jaxpruner' })(scores, infoOf(shape), 0.5)).toThrow(SparsityError);
  },
  'mask.throws {m, n}': ({ input: { m, n } }) => expect(() => nm({ n, m })).toThrow(SparsityError),
  'mask.throws {of, zeros}': ({ input: { of, zeros } }) => expect(() => nm({ n: of - zeros, m: of })).toThrow(SparsityError),
  'mask.throws {weights_shape}': ({ input: { weights_shape: shape } }) => {
    if (shape.length === 3) throw new LeftOut('N:M of a conv1d kernel, which has three axes, is well defined here');
    const scores = new Float32Array(shape.reduce((a: number, b: number) => a * b, 1));
    expect(() => nm({ n: 2, m: 4 })(scores, { ...infoOf([1, 1]), shape }, 0.5)).toThrow(SparsityError);
  },

  'mask.unstructured {scores, sparsity}': ({ input: { scores, sparsity }, expected }) => {
    const by = (profile: 'tfmot' | 'jaxpruner') => [
      ...unstructured({ profile })(scoresOf(scores), infoOf(shapeOf(scores)), sparsity),
    ];
    expectKeys(expected, { mask: by('jaxpruner'), tfmot_mask: by('tfmot') });
  },
  'mask.unstructured {sparsity, weights}': (test) => {
    const { weights, sparsity } = test.input;
    const magnitudes = magnitudesOf(weights);
    const mask = unstructured({ profile: profileOf(test) })(magnitudes, infoOf(shapeOf(weights)), sparsity);
    expectKeys(test.expected, { mask: [...mask], threshold: Math.min(...magnitudes.filter((_, i) => mask[i] === 1)) });
  },

  'pack {mask}': ({ input: { mask }, expected }) => expect([...packMask(Uint8Array.from(mask))]).toEqual(expected),

  'penalty {rows}': ({ input: { rows }, expected }) =>
    expectNear(lassoOf(rows, 1).penalty(scoresOf(rows), infoOf(shapeOf(rows))), expected),
  'penalty.grad {rows}': ({ input: { rows }, expected }) =>
    expectNear([...lassoOf(rows, 1).gradient(scoresOf(rows), infoOf(shapeOf(rows)))], expected),
  'prox {gamma, reg_lambda, rows}': ({ input: { rows, gamma, reg_lambda }, expected }) =>
    expectKeys(expected, { rows: [...lassoOf(rows, gamma * reg_lambda).proximal(scoresOf(rows), infoOf(shapeOf(rows)))] }),

  'schedule.ok {begin_step, end_step, frequency, schedule}': ({ input }) => construct(input),
  'schedule.ok {begin_step, end_step, schedule}': ({ input }) => construct(input),
  'schedule.ok {sparsity}': ({ input }) => construct(input),
  'schedule.throws {begin_step, end_step, final_sparsity, initial_sparsity, schedule}': ({ input }) => constructRefused(input),
  'schedule.throws {begin_step, end_step, frequency, schedule}': ({ input }) => constructRefused(input),
  'schedule.throws {begin_step, end_step, schedule}': ({ input }) => constructRefused(input),
  'schedule.throws {sparsity}': ({ input: { sparsity } }) => {
    expect(() => constantSchedule({ sparsity })).toThrow(SparsityError);
    expect(() => polynomialSchedule({ finalSparsity: sparsity, endStep: 10 })).toThrow(SparsityError);
  },

  'schedule.should_prune {begin_step, end_step, frequency, schedule, step, target_sparsity}': ({ input, expected }) =>
    expect(isUpdate(input)).toBe(expected),
  'schedule.should_prune {begin_step, end_step, frequency, schedule, step}': ({ input, expected }) =>
    expect(isUpdate(input)).toBe(expected),
  'schedule.should_prune {begin_step, end_step, frequency, step}': ({ input, expected }) => {
    const by = (profile: 'tfmot' | 'jaxpruner') => ramp(input, { profile })(input.step).update;
    expect({ tfmot: by('tfmot'), jaxpruner: by('jaxpruner') }).toEqual(expected);
  },
  'schedule.should_prune {schedule, step, update_end_step, update_freq, update_start_step}': ({ input, expected }) =>
    expect(isUpdate(input)).toBe(expected),

  ...Object.fromEntries(
    [
      '{begin_step, end_step, final_sparsity, frequency, initial_sparsity, power, schedule, step}',
      '{delta_t, final_sl, init_sl, init_t, initially_zero, schedule, t, total_t}',
      '{exponent, per_complete, schedule}',
      '{healing_start_step, schedule, step, target, warmup_steps}',
      '{per_complete, schedule}',
      '{power, schedule, step, target, update_end_step, update_freq, update_start_step}',
      '{schedule, step, target, update_end_step, update_start_step}',
    ].map((keys) => [`schedule.value ${keys}`, ({ input, expected }: Case) => expectNear(scheduleValue(input), expected)]),
  ),

  'step {batches, begin_step, end_step, final, frequency, initial}': ({ input, expected }) =>
    expectKeys(expected, afterBatches(drive(input, input.batches))),
  'step {batches, begin_step, frequency}': ({ input, expected }) => {
    const schedule = constant(input);
    const steps = Array.from({ length: input.batches }, (_, batch) => batch + 1);
    expectKeys(expected, { mask_updates_at_batch: steps.filter((step) => schedule(step).update) });
  },
  'step {batches_after, batches_before_save, begin_step, end_step, final, frequency, initial}': ({ input, expected }) =>
    expectKeys(expected, afterBatches(drive(input, input.batches_before_save + input.batches_after))),

  'train.step {W, dy, keep, lambda_w, layer, of, x}': trainStep,
  'train.step {W, dy, keep, layer, of, x}': trainStep,
  'train.traj {lambda_w, lr, steps, w_pruned}': ({ input, expected }) => expectNear(decayTrajectory(input), expected),
};

const lassoOf = (rows: Value, lambda: number) =>
  groupLasso({ block: { kind: 'lanes', width: shapeOf(rows)[1], axis: 'output' }, lambda });

const afterBatches = (sparsities: readonly number[]) =>
  Object.fromEntries(sparsities.map((sparsity, batch) => [`sparsity_after_${batch + 1}`, sparsity]));

/** What was not compared, and why; printed at the end. */
const notes = new Map<string, string[]>();
let running = '';
function note(reason: string): void {
  notes.set(reason, [...(notes.get(reason) ?? []), running]);
}

describe('pruning against other libraries', () => {
  beforeAll(() => tf.setBackend('cpu'));
  afterAll(() => {
    const lines = [...notes].map(([reason, ids]) => `  ${reason} (${ids.length}): ${ids.join(', ')}`);
    console.log(`pruning cases that were not compared, or in part:\n${lines.join('\n')}`);
  });

  it.for(cases)('$id', (test, { skip }) => {
    running = test.id;
    const form = formOf(test);
    try {
      const reason = unsupported[form];
      if (reason) throw new LeftOut(reason);
      const run = runners[form];
      if (!run) throw new Error(`unknown form of a case: ${form}`);
      run(test);
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error;
      note(`${test.kind}: ${error.message}`);
      skip(error.message);
    }
  });
});
