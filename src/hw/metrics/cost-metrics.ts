import { SparsityError } from '../../errors.js';
import type { AcceleratorSpec } from '../contracts.js';
import type { Cost } from '../cost.js';
import { checkAmount } from '../parts/checks.js';
import { areasOf } from './areas.js';

/** The rates of a machine that turn counts into metrics; null where its spec names none. */
export interface MachineRates {
  readonly clockGhz: number;
  readonly dramBytesPerCycle: number | null;
  readonly areaMm2: number | null;
}

/** The metrics that 000 promises, of a training run (ledger 1.1.4). All are modelled. Inference is the forward works alone. */
export interface CostMetrics {
  /** Time of the whole run. */
  readonly seconds: number;
  readonly trainingSamplesPerSecond: number;
  readonly inferenceSamplesPerSecond: number;
  readonly trainingJoulePerSample: number;
  readonly inferenceJoulePerSample: number;
  /** Energy of the run times its time. */
  readonly energyDelayJouleSeconds: number;
  readonly kilowattHours: number;
  /** Mean power while training, and its parts by component of the energy table. */
  readonly powerWatt: number;
  readonly powerByComponentWatt: Readonly<Record<string, number>>;
  /** Useful unit-cycles of all. */
  readonly computeUtilisationPercent: number;
  /** Bytes moved of those that the off-chip memory could have moved. */
  readonly bandwidthUtilisationPercent: number | null;
  readonly trainingSamplesPerSecondPerMm2: number | null;
}

/**
 * Time, energy and utilisation of a run in the units that papers report: `seconds = cycles / clock`, `watt = joule / seconds`,
 * `bandwidth utilisation = bytes / (cycles * bytes per cycle)`.
 *
 * @param total of all works of the run.
 * @param forward of its forward works.
 * @param samples that the run trained on, each as often as it was used.
 * @throws SparsityError when `samples` or a rate is not above 0.
 * @example
 * ```ts
 * const cost = {...emptyCost(), cycles: 2e9, energyPj: 4e12};
 * costMetrics(cost, cost, 100, {clockGhz: 1, dramBytesPerCycle: 64, areaMm2: null}).trainingSamplesPerSecond; // 50
 * ```
 */
export function costMetrics(total: Cost, forward: Cost, samples: number, rates: MachineRates): CostMetrics {
  const { clockGhz, dramBytesPerCycle, areaMm2 } = rates;
  checkRate('samples of a run', samples, 'pass steps * batch size of the run whose costs these are');
  if (dramBytesPerCycle !== null)
    checkRate('bytes per cycle of the memory', dramBytesPerCycle, 'pass null where it is not known');
  if (areaMm2 !== null) checkRate('area in mm2', areaMm2, 'pass null where it is not known');
  const seconds = secondsOf(total.cycles, clockGhz);
  const joule = total.energyPj * 1e-12;
  const dramBytes = Object.values(total.dramBytes).reduce((sum, bytes) => sum + bytes, 0);
  const perSecond = samples / seconds;
  const power = Object.entries(total.byComponentPj).map(([component, pj]) => [component, (pj * 1e-12) / seconds]);
  return {
    seconds,
    trainingSamplesPerSecond: perSecond,
    inferenceSamplesPerSecond: samples / secondsOf(forward.cycles, clockGhz),
    trainingJoulePerSample: joule / samples,
    inferenceJoulePerSample: (forward.energyPj * 1e-12) / samples,
    energyDelayJouleSeconds: joule * seconds,
    kilowattHours: joule / 3.6e6,
    powerWatt: joule / seconds,
    powerByComponentWatt: Object.fromEntries(power),
    computeUtilisationPercent: (100 * total.usefulUnitCycles) / (total.units * total.cycles),
    bandwidthUtilisationPercent: dramBytesPerCycle === null ? null : (100 * dramBytes) / (total.cycles * dramBytesPerCycle),
    trainingSamplesPerSecondPerMm2: areaMm2 === null ? null : perSecond / areaMm2,
  };
}

/**
 * Time in seconds of `cycles` at a clock in GHz.
 *
 * @throws SparsityError when the cycles are not a number of at least 0, or the clock is not above 0.
 * @example
 * ```ts
 * secondsOf(2e9, 0.5); // 4
 * ```
 */
export function secondsOf(cycles: number, clockGhz: number): number {
  checkAmount('cycles', cycles);
  checkRate('clock in GHz', clockGhz, 'pass 1 for a nanosecond per cycle');
  return cycles / (clockGhz * 1e9);
}

function checkRate(what: string, got: number, fix: string): void {
  if (got > 0 && got < Infinity) return;
  throw new SparsityError({ what, got, expected: 'above 0', fix });
}

/**
 * Modelled time to convergence: seconds of the first `steps` steps of a real run, from those that were modelled. A step that was not
 * stands for the mean of those that were, up to there.
 *
 * @param series modelled steps: their number from 0 and their cycles.
 * @param steps optimizer steps until the run had converged.
 * @throws SparsityError when no step up to there was modelled.
 * @example
 * ```ts
 * secondsToConvergence([{step: 0, cycles: 3e9}, {step: 2, cycles: 1e9}, {step: 4, cycles: 1e9}], 4, 1); // 8
 * ```
 */
export function secondsToConvergence(
  series: readonly { readonly step: number; readonly cycles: number }[],
  steps: number,
  clockGhz: number,
): number {
  const before = series.filter(({ step }) => step < steps);
  if (before.length === 0) {
    const fix = 'model more steps: a smaller `every`';
    throw new SparsityError({ what: 'modelled steps until convergence', got: 'none', expected: `one before step ${steps}`, fix });
  }
  const mean = before.reduce((sum, { cycles }) => sum + cycles, 0) / before.length;
  return secondsOf(mean * steps, clockGhz);
}

/**
 * The rates of an accelerator: `clockGhz` and `dramBytesPerCycle` of its spec, and its {@link areasOf} total.
 *
 * @returns undefined for a spec without a clock.
 * @example
 * ```ts
 * ratesOf(denseArray().spec)?.clockGhz; // 1
 * ```
 */
export function ratesOf(spec: AcceleratorSpec): MachineRates | undefined {
  const { clockGhz, dramBytesPerCycle } = spec as AcceleratorSpec & { clockGhz?: unknown; dramBytesPerCycle?: unknown };
  if (typeof clockGhz !== 'number') return undefined;
  return {
    clockGhz,
    dramBytesPerCycle: typeof dramBytesPerCycle === 'number' ? dramBytesPerCycle : null,
    areaMm2: areasOf(spec)?.totalMm2 ?? null,
  };
}
