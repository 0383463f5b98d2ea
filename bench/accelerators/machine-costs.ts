import { SparsityError } from 'tfjs-sparsity';
import {
  type Accelerator,
  addCosts,
  type Cost,
  costOf,
  type EstimatedWork,
  type Estimator,
  type Interval,
  type Phase,
  type PhaseWork,
  ratesOf,
  scaleCost,
} from 'tfjs-sparsity/hw';

/** The phases of a training step as papers call them. */
export const phases: readonly (readonly [phase: Phase, label: string])[] = [
  ['forward', 'FP'],
  ['inputGradient', 'BP'],
  ['weightGradient', 'WG'],
  ['weightUpdate', 'WU'],
];

/** Some recorded training steps. */
export type Steps = readonly (readonly PhaseWork[])[];

/** What an accelerator takes for a training step, the mean of those recorded. Modelled. */
export interface MachineCosts {
  readonly name: string;
  readonly clockGhz: number;
  readonly byPhase: Readonly<Record<Phase, Cost>>;
  readonly total: Cost;
  /** Standard error of the mean cycles, as a share of them; of the steps alone, each with other images. */
  readonly cyclesError: number;
}

/** What an estimated machine takes for a training step, the mean of those recorded. Modelled. */
export interface MachineEstimate {
  readonly name: string;
  readonly secondsByPhase: Readonly<Record<Phase, Interval>>;
  readonly seconds: Interval;
  readonly energyJ: Interval;
}

/**
 * Runs steps on an accelerator.
 *
 * @returns why not, where it takes no such steps.
 */
export function costsOn(accelerator: Accelerator, steps: Steps): MachineCosts | SparsityError {
  const { spec, energyTable } = accelerator;
  try {
    const run = accelerator.start();
    const counts = steps.map((works) => run.executeStep(works).works);
    const mean = (phase?: Phase) => {
      const own = counts.flat().filter((work) => phase === undefined || work.phase === phase);
      return scaleCost(addCosts(...own.map((work) => costOf(work, energyTable))), 1 / steps.length);
    };
    const total = mean();
    const cycles = counts.map((works) => works.reduce((sum, work) => sum + work.cycles, 0));
    const squares = cycles.reduce((sum, one) => sum + (one - total.cycles) ** 2, 0);
    const cyclesError = Math.sqrt(squares / (steps.length - 1) / steps.length) / total.cycles;
    return { name: spec.name, clockGhz: ratesOf(spec)?.clockGhz ?? 1, byPhase: phaseRecord(mean), total, cyclesError };
  } catch (error) {
    if (error instanceof SparsityError) return error;
    throw error;
  }
}

/** Estimates steps on a machine without a cycle model. */
export function estimateOn(estimator: Estimator, steps: Steps): MachineEstimate {
  const works = steps.flatMap((step) => estimator.estimateStep(step).works);
  const mean = (of: 'seconds' | 'energyJ', phase?: Phase): Interval => {
    const own = works.filter((work) => phase === undefined || work.phase === phase);
    const sum = (bound: keyof Interval) => own.reduce((total, work: EstimatedWork) => total + work[of][bound], 0);
    return { low: sum('low') / steps.length, high: sum('high') / steps.length };
  };
  const secondsByPhase = phaseRecord((phase) => mean('seconds', phase));
  return { name: estimator.spec.name, secondsByPhase, seconds: mean('seconds'), energyJ: mean('energyJ') };
}

function phaseRecord<T>(of: (phase: Phase) => T): Record<Phase, T> {
  return Object.fromEntries(phases.map(([phase]) => [phase, of(phase)])) as Record<Phase, T>;
}
