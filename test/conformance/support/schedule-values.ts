import {
  constantSchedule,
  lateSchedule,
  linearSchedule,
  type PolynomialScheduleOptions,
  polynomialSchedule,
  type Schedule,
} from 'tfjs-sparsity/pruning';
import { LeftOut } from './left-out.js';
import type { Value } from './pruning-cases.js';

export const ramp = (at: Value, profile: NonNullable<PolynomialScheduleOptions['profile']> = 'tfmot') =>
  polynomialSchedule({
    initialSparsity: at.initial_sparsity ?? 0,
    finalSparsity: at.final_sparsity ?? 0.5,
    beginStep: at.begin_step,
    endStep: at.end_step,
    frequency: at.frequency ?? 100,
    power: at.power ?? 3,
    profile,
  });

export const constant = (at: Value) =>
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

const periodic = (at: Value) =>
  constantSchedule({
    sparsity: 0.5,
    beginStep: at.update_start_step,
    ...((at.update_end_step ?? undefined) === undefined ? {} : { endStep: at.update_end_step }),
    frequency: at.update_freq,
    profile: 'jaxpruner',
  });

/** Constructors of schedules by the names that the cases use. */
const makers: Readonly<Record<string, (at: Value) => Schedule>> = {
  ConstantSparsity: constant,
  PolynomialDecay: ramp,
  'jaxpruner.Periodic': periodic,
  'jaxpruner.Polynomial': (at) => jaxpruner({ target: 0.5, ...at }),
};

export function make(name: string, at: Value): Schedule {
  if (!Object.hasOwn(makers, name)) throw new Error(`unknown schedule: ${name}`);
  return makers[name](at);
}

export const emptyRamp = 'a ramp without steps divides 0 by 0 upstream; here it is an error';

/** A schedule that the cases know by its progress, from 0 to 1 while that goes from 0 to 1: ours from 0 to 0.5 in one step, twice. */
const share = (make: (options: { finalSparsity: number; endStep: number }) => Schedule, { per_complete: progress }: Value) =>
  2 * make({ finalSparsity: 0.5, endStep: 1 })(progress).sparsity;

/** Whether there are masks: before the first update nothing is pruned, whatever the sparsity is. */
const hasUpdated = (schedule: Schedule, last: number) => {
  for (let step = 0; step <= last; step++) if (schedule(step).update) return true;
  return false;
};

const inverseCubic = (at: Value) => share((options) => polynomialSchedule({ ...options, power: 1 / 3 }), at);

/** The value of a schedule, by the names that the cases use. */
export const values: Readonly<Record<string, (at: Value) => number>> = {
  PolynomialDecay: (at) => {
    if (at.begin_step === at.end_step) throw new LeftOut(emptyRamp);
    if (at.initial_sparsity > at.final_sparsity) throw new LeftOut('a ramp that falls is an error here');
    return ramp(at)(at.step).sparsity;
  },
  ConstantSparsity: (at) => constant(at)(at.step).sparsity,
  'jaxpruner.Polynomial': (at) => jaxpruner(at)(at.step).sparsity,
  'torch.CubicSL': (at) => {
    const endStep = at.init_t + at.delta_t * at.total_t;
    const sparsities = { initialSparsity: at.init_sl, finalSparsity: at.final_sl };
    const schedule = polynomialSchedule({ ...sparsities, beginStep: at.init_t, endStep });
    return at.initially_zero && !hasUpdated(schedule, at.t) ? 0 : schedule(at.t).sparsity;
  },
  'pat.cubic': (at) => {
    const window = { beginStep: at.warmup_steps, endStep: at.healing_start_step };
    return polynomialSchedule({ finalSparsity: at.target, ...window, profile: 'pat' })(at.step).sparsity;
  },
  linear: (at) => share(linearSchedule, at),
  'sparseml.linear': (at) => share(linearSchedule, at),
  cubic: (at) => share(polynomialSchedule, at),
  'sparseml.cubic': (at) => share(polynomialSchedule, at), // whatever the exponent
  inverse_cubic: inverseCubic,
  'sparseml.inverse_cubic': inverseCubic,
  'sparseml.polynomial': (at) => share((options) => lateSchedule({ ...options, power: at.exponent ?? 2 }), at),
  'sparseml.polynomial_decay': () => {
    throw new LeftOut('a fault upstream: with its default exponent 2 it starts at twice the range and falls');
  },
};
