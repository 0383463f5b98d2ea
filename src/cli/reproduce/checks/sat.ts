import { percent } from '../../../callbacks/format.js';
import { bdwpReduction } from '../../../hw/index.js';
import { phases } from '../../../hw/phases.js';
import { networkLayers, savedMacs } from '../bdwp-macs.js';
import { mean } from '../mean.js';
import type { SatRun, SatStep } from '../sat-steps.js';
import type { Check, Outcome } from '../verdict.js';

const pattern = { n: 2, m: 8 };
/** Share of multiply-accumulates in pruned layers at which the closed form gives the paper's 48 %. */
const share = 0.96;

/** BDWP and SAT of 002 (claims 22, 23, 26 and 27). */
export const satChecks = {
  bdwpFormula: () => {
    const saved = bdwpReduction({ prunableShare: share, ...pattern });
    const others = [
      [2, 4],
      [2, 16],
      [1, 8],
    ].map(([n, m]) => `${n}:${m} ${percent(bdwpReduction({ prunableShare: 1, n, m }))}`);
    return {
      literal: { [`f = ${share}`]: 100 * saved },
      notes: [
        `of f = 1: 2:8 ${percent(bdwpReduction({ prunableShare: 1, ...pattern }))}, ${others.join(', ')}`,
        `it bounds the speed-up at ${(1 / (1 - saved)).toFixed(3)}x; as N/M goes to 0 the dense weight gradient does at 3x`,
      ],
    };
  },
  bdwpCounts: () => {
    const nets = {
      'ResNet-18': networkLayers('resnet18'),
      'VGG-19': networkLayers('vgg19'),
      'ViT-B/16': networkLayers('vit-base-16'),
    };
    const saved = Object.entries(nets).map(([name, layers]) => ({ name, ...savedMacs(layers, pattern) }));
    return {
      literal: Object.fromEntries(saved.map(({ name, counted }) => [name, 100 * counted])),
      notes: saved.map(
        ({ name, formula, prunableShare }) =>
          `${name}: f = ${prunableShare.toFixed(3)}, for which the closed form gives ${percent(formula)}`,
      ),
    };
  },
  satSpeedup: ({ satSteps }) =>
    withSteps(satSteps, (steps) => ({
      repaired: { average: average(steps, 'BDWP') },
      laws: steps.map((step) => ({
        text: `${step.network} is below ${step.operationBound.toFixed(3)}x, its dense operations over those of BDWP`,
        holds: speedup(step, 'BDWP') < step.operationBound,
      })),
      notes: [
        ...steps.map((step) => `${step.network} ${speedup(step, 'BDWP').toFixed(3)}: ${phaseSpeedups(step)}`),
        `if memory never waited: ${freeSpeedups(steps).join(', ')}`,
        `bounds by operations: ${steps.map((step) => `${step.network} ${step.operationBound.toFixed(3)}`).join(', ')}`,
      ],
    })),
  methodsByFormula: () => {
    const bdwp = bdwpReduction({ prunableShare: 1, ...pattern });
    // Each of the others prunes one GEMM of the two.
    const found = { BDWP: 100 * bdwp, 'SR-STE': (100 * bdwp) / 2, SDGP: (100 * bdwp) / 2 };
    return {
      literal: found,
      laws: [
        { text: 'BDWP saves in two GEMMs of three what each other method saves in one', holds: found.BDWP > found['SR-STE'] },
      ],
      notes: ['of f = 1 at 2:8, in %'],
    };
  },
  methodsOnSat: ({ satSteps }) =>
    withSteps(satSteps, (steps) => {
      const others = ['SR-STE', 'SDGP'] as const;
      const laws = steps.flatMap((step) =>
        others.map((other) => ({
          text: `BDWP is faster than ${other} on ${step.network}`,
          holds: speedup(step, 'BDWP') > speedup(step, other),
        })),
      );
      const all = (['BDWP', ...others] as const).map((method) => [method, average(steps, method)]);
      return { repaired: Object.fromEntries(all), laws, notes: ['SDGP waits for the SORE in each input gradient'] };
    }),
  satAblation: ({ satSteps }) =>
    withSteps(satSteps, (steps) => {
      const slower = (step: SatStep, part: (typeof parts)[number]) => total(step, part) / total(step, 'BDWP');
      const slowerFree = (step: SatStep, part: (typeof parts)[number]) =>
        total(step, `${part}, free`) / total(step, 'BDWP, free');
      const free = parts.map((part) => `${part} ${mean(steps.map((step) => slowerFree(step, part))).toFixed(3)}`);
      return {
        repaired: Object.fromEntries(parts.map((part) => [part, mean(steps.map((step) => slower(step, part)))])),
        laws: parts.flatMap((part) =>
          steps.map((step) => ({ text: `${step.network} is slower ${part}`, holds: slower(step, part) > 1 })),
        ),
        notes: ['times as many cycles of a BDWP step', `if memory never waited: ${free.join(', ')}`],
      };
    }),
} satisfies Record<string, Check>;

/** BDWP with a part of SAT left out. */
const parts = ['without interleaving', 'without pre-generation', 'OS only', 'WS only'] as const;

function withSteps(steps: readonly SatStep[] | undefined, find: (steps: readonly SatStep[]) => Outcome): Outcome | undefined {
  return steps === undefined || steps.length === 0 ? undefined : find(steps);
}

function total(step: SatStep, run: SatRun): number {
  return Object.values(step.cycles[run]).reduce((sum, cycles) => sum + cycles, 0);
}

function speedup(step: SatStep, method: SatRun): number {
  return total(step, 'dense') / total(step, method);
}

function average(steps: readonly SatStep[], method: SatRun): number {
  return mean(steps.map((step) => speedup(step, method)));
}

function freeSpeedups(steps: readonly SatStep[]): string[] {
  return steps.map((step) => `${step.network} ${(total(step, 'dense, free') / total(step, 'BDWP, free')).toFixed(3)}`);
}

/** Speed-up of each phase, and its share of what is left. */
function phaseSpeedups(step: SatStep): string {
  const { dense, BDWP } = step.cycles;
  const list = phases.map((phase) => {
    const share = BDWP[phase] / total(step, 'BDWP');
    return `${phase} ${(dense[phase] / BDWP[phase]).toFixed(2)}x (${percent(share)} of the step)`;
  });
  return list.join(', ');
}
