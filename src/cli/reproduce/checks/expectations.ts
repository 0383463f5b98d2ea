import { acf, bernoulliBits, costOf, denseNest, trainingWorks } from '../../../hw/index.js';
import { polynomialSchedule } from '../../../pruning/index.js';
import { createRng } from '../../../rng.js';
import type { Check, Outcome } from '../verdict.js';

/** Multipliers of Table II of 001, at 1 GHz. */
const tableTwo = { multipliers: 1024, clockGhz: 1 };
/** Dense peaks of an A100, TFLOP/s (ledger 1.5). */
const a100 = { FP32: 19.5, TF32: 156, FP16: 312 };

/** What paper 000 expects, against what arithmetic allows (claims 43 to 45). */
export const expectations = {
  // All three GEMMs of a step scale with 1 - s when the weight gradient is masked (ledger E2).
  speedBounds: () => boundsOf((kept) => 1 / kept),
  // One GEMM of three stays dense.
  denseGradientBounds: () => boundsOf((kept) => 3 / (1 + 2 * kept)),
  gpuPeaks: () => {
    const dense = (2 * tableTwo.multipliers * tableTwo.clockGhz) / 1000;
    const effective = dense / (1 - 0.9);
    const laws = Object.entries(a100).map(([type, peak]) => ({
      text: `${effective.toFixed(1)} TFLOP/s effective at 90 % passes the ${peak} of ${type}`,
      holds: effective > peak,
    }));
    const note = `${tableTwo.multipliers} multipliers at ${tableTwo.clockGhz} GHz: ${dense.toFixed(2)} TFLOP/s dense`;
    return { literal: {}, laws, notes: [`${note}, ${effective.toFixed(1)} effective at 90 % sparsity`] };
  },
  cubicRamp: () => {
    const schedule = polynomialSchedule({ finalSparsity: 0.95, endStep: 1000, frequency: 1 });
    const ramp = Array.from({ length: 1001 }, (_, step) => schedule(step).sparsity);
    const [begin, quarter, half, end] = [0, 250, 500, 1000].map((step) => ramp[step]);
    const rises = ramp.every((sparsity, step) => step === 0 || sparsity >= ramp[step - 1]);
    return { literal: { begin, quarter, half, end }, laws: [{ text: 'it never falls', holds: rises }] };
  },
  dataflowSearch: () => {
    const laws = (['energy', 'delay', 'edp'] as const).map((objective) => {
      const [greedy, viterbi] = (['greedy', 'viterbi'] as const).map((scheduler) => stepCost(objective, scheduler));
      const text = `${objective} of a step: ${viterbi.toPrecision(4)} ahead, ${greedy.toPrecision(4)} one by one`;
      return { text, holds: viterbi <= greedy };
    });
    return { literal: {}, laws, notes: laws.map(({ text }) => text) };
  },
} satisfies Record<string, Check>;

/** Upper bounds of the speed-up of a machine that loses nothing, against the 3x at 80 % and 5x at 90 % that are expected. */
function boundsOf(speedup: (kept: number) => number): Outcome {
  const [low, high] = [speedup(0.2), speedup(0.1)];
  const laws = [
    { text: `the bound of 90 %, ${high.toFixed(2)}x, reaches 5x`, holds: high >= 5 },
    { text: `the bound of 80 %, ${low.toFixed(2)}x, reaches 3x`, holds: low >= 3 },
  ];
  return {
    literal: { 'bound at 80 %': low, 'bound at 90 %': high },
    laws,
    notes: ['bounds of the arithmetic; no speed-up is claimed'],
  };
}

/** Energy, cycles, or the sum over works of their product, of one step of a small network on the ACF. */
function stepCost(objective: 'energy' | 'delay' | 'edp', scheduler: 'greedy' | 'viterbi'): number {
  const accelerator = acf({ objective, scheduler });
  const { works } = accelerator.start().executeStep(smallStep());
  const costs = works.map((work) => costOf(work, accelerator.energyTable));
  const measure = { energy: 'energyPj', delay: 'cycles' } as const;
  const of = (cost: (typeof costs)[number]) => (objective === 'edp' ? cost.energyPj * cost.cycles : cost[measure[objective]]);
  return costs.reduce((sum, cost) => sum + of(cost), 0);
}

function smallStep() {
  const widths = [64, 128, 32, 96, 10];
  const records = widths.slice(1).map((outFeatures, i) => {
    const rng = createRng(`dataflow search/${i}`);
    const nest = denseNest({ batch: 16, inFeatures: widths[i], outFeatures });
    const W = bernoulliBits([widths[i], outFeatures], 0.1 + 0.2 * i, rng);
    const [A, E] = [bernoulliBits([16, widths[i]], 0.5, rng), bernoulliBits([16, outFeatures], 0.5, rng)];
    return { layer: `fc${i}`, use: 0, nest, W, backwardW: W, A, E, G: W, needsInputGradient: i > 0, batchTotal: 16 };
  });
  return trainingWorks(records, { slots: 2, masked: records.map(({ layer }) => layer) });
}
