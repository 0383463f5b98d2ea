import { checkWork } from '../checked-run.js';
import type { EstimatedWork, Interval, PhaseWork, StepEstimate } from '../contracts.js';
import { effectualMacs, workMacs } from '../effectual-macs.js';
import type { Kernel } from './dense-kernel.js';
import type { GpuSpec } from './options.js';

/** Seconds under the roof of a GPU at some efficiency: the longer of computing and moving, without the launch. */
function roofSeconds({ macs, bytes }: Kernel, peakTflops: number, efficiency: number, { dramGbPerSecond }: GpuSpec): number {
  const moved = bytes.W + bytes.A + bytes.E + bytes.G;
  return Math.max((2 * macs) / (peakTflops * 1e12), moved / (dramGbPerSecond * 1e9)) / efficiency;
}

/** The bounds of a kernel: at the higher efficiency with its launch hidden, at the lower one with its launch. */
export function kernelSeconds(kernel: Kernel, peakTflops: number, spec: GpuSpec): Interval {
  return {
    low: roofSeconds(kernel, peakTflops, spec.efficiencyHigh, spec),
    high: roofSeconds(kernel, peakTflops, spec.efficiencyLow, spec) + spec.launchMicroseconds * 1e-6,
  };
}

/** A work with its bounds; energy from the shorter time at the power of its utilisation to the longer one at full power. */
export function estimatedWork(
  work: PhaseWork,
  seconds: Interval,
  { macs, bytes }: Kernel,
  decisions: EstimatedWork['decisions'],
  { idleW, boardW, efficiencyHigh }: GpuSpec,
): EstimatedWork {
  const scale = work.kind === 'gemm' ? work.imageScale : 1;
  const effectual = effectualMacs(work) * scale;
  return {
    ...{ layer: work.layer, phase: work.phase, seconds },
    energyJ: { low: seconds.low * (idleW + (boardW - idleW) * efficiencyHigh), high: seconds.high * boardW },
    macs: { dense: workMacs(work) * scale, effectual, executed: work.kind === 'gemm' ? macs : workMacs(work) },
    dramBytes: bytes,
    decisions,
  };
}

/**
 * A step of some works: times and energies add. A work that stands behind itself, as a product of the images drawn does for those that they
 * stand for, is more of the same kernel and is not launched again.
 *
 * @throws SparsityError naming the work whose tensors do not fit its nest.
 */
export function estimateWorks<Spec extends GpuSpec>(
  all: readonly PhaseWork[],
  spec: Spec,
  estimate: (work: PhaseWork, spec: Spec) => EstimatedWork,
): StepEstimate {
  all.forEach(checkWork);
  const launched = { ...spec, launchMicroseconds: 0 };
  const works = all.map((work, i) => estimate(work, work === all[i - 1] ? launched : spec));
  const sum = (of: (work: EstimatedWork) => Interval): Interval => ({
    low: works.reduce((total, work) => total + of(work).low, 0),
    high: works.reduce((total, work) => total + of(work).high, 0),
  });
  return { works, seconds: sum(({ seconds }) => seconds), energyJ: sum(({ energyJ }) => energyJ) };
}
