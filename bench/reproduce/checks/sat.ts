import { bdwpReduction } from 'tfjs-sparsity/hw';
import { networkLayers, savedMacs, visionTransformerLayers } from '../bdwp-macs.js';
import type { SatMethod, SatStep, SatVariant } from '../sat-steps.js';
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
      'ViT-B/16': visionTransformerLayers(),
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
    withSteps(satSteps, (steps) => {
      const bound = 1 / (1 - bdwpReduction({ prunableShare: 1, ...pattern }));
      return {
        repaired: { average: average(steps, 'BDWP', 'sat') },
        laws: steps.map((step) => ({
          text: `${step.network} is below ${bound.toFixed(2)}x, the bound of 2:8`,
          holds: speedup(step, 'BDWP', 'free') < bound,
        })),
        notes: [
          ...perNetwork(steps, (step) => speedup(step, 'BDWP', 'sat').toFixed(3)),
          `if memory never waited: ${perNetwork(steps, (step) => speedup(step, 'BDWP', 'free').toFixed(3)).join(', ')}`,
          ...steps.map(phases),
        ],
      };
    }),
  methodsByFormula: () => {
    const bdwp = bdwpReduction({ prunableShare: 1, ...pattern });
    const found = { BDWP: 100 * bdwp, 'SR-STE': 50 * bdwp, SDGP: 50 * bdwp };
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
          holds: speedup(step, 'BDWP', 'sat') > speedup(step, other, 'sat'),
        })),
      );
      const all = (['BDWP', ...others] as const).map((method) => [method, average(steps, method, 'sat')]);
      return { repaired: Object.fromEntries(all), laws, notes: ['SDGP waits for the SORE in each input gradient'] };
    }),
  satAblation: ({ satSteps }) =>
    withSteps(satSteps, (steps) => {
      const gain = (step: SatStep, variant: SatVariant) => total(step, 'BDWP', variant) / total(step, 'BDWP', 'free');
      return {
        repaired: Object.fromEntries(parts.map(([part, variant]) => [part, mean(steps.map((step) => gain(step, variant)))])),
        laws: parts.flatMap(([part, variant]) =>
          steps.map((step) => ({ text: `${part} helps on ${step.network}`, holds: gain(step, variant) > 1 })),
        ),
        notes: ['times as many cycles without it, where memory never waits'],
      };
    }),
} satisfies Record<string, Check>;

/** The variants that lack a part, by its name. */
const parts: readonly (readonly [string, SatVariant])[] = [
  ['interleaving', 'free, without interleaving'],
  ['pre-generation', 'free, without pre-generation'],
  ['scheduling (OS only)', 'free, output stationary only'],
  ['scheduling (WS only)', 'free, weight stationary only'],
];

function withSteps(steps: readonly SatStep[] | undefined, find: (steps: readonly SatStep[]) => Outcome): Outcome | undefined {
  return steps === undefined || steps.length === 0 ? undefined : find(steps);
}

function total(step: SatStep, method: SatMethod, variant: SatVariant): number {
  return Object.values(step.cycles[method][variant]).reduce((sum, cycles) => sum + cycles, 0);
}

function speedup(step: SatStep, method: SatMethod, variant: SatVariant): number {
  return total(step, 'dense', variant) / total(step, method, variant);
}

function average(steps: readonly SatStep[], method: SatMethod, variant: SatVariant): number {
  return mean(steps.map((step) => speedup(step, method, variant)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function perNetwork(steps: readonly SatStep[], of: (step: SatStep) => string): string[] {
  return steps.map((step) => `${step.network} ${of(step)}`);
}

/** Speed-up of each phase, and what is left of the cycles for it. */
function phases(step: SatStep): string {
  const { dense, BDWP } = step.cycles;
  const list = (['forward', 'inputGradient', 'weightGradient', 'weightUpdate'] as const).map((phase) => {
    const share = BDWP.sat[phase] / total(step, 'BDWP', 'sat');
    return `${phase} ${(dense.sat[phase] / BDWP.sat[phase]).toFixed(2)}x (${percent(share)} of the step)`;
  });
  return `${step.network}: ${list.join(', ')}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
