import { type Accelerator, type AcfOptions, acf, createAccelerator, denseArray } from 'tfjs-sparsity/hw';
import { blockBudgets, gradualMagnitude, nm, type Pattern, type PruningMethod, unstructured } from 'tfjs-sparsity/pruning';

/** Equal for all masks: what 2:8 leaves. */
export const sparsity = 0.75;

const patterns: Readonly<Record<string, Pattern>> = {
  unstructured: unstructured(),
  'hardware-aware': blockBudgets({ block: { kind: 'row' } }),
  '2:8': nm({ n: 2, m: 8 }),
};

/** The ways to prune, by name; nothing for the network that stays dense. */
export const networks = ['dense', ...Object.keys(patterns)] as const;

/** The ramp takes the first 60 % of the steps. First and last layer stay dense, as N:M leaves a first layer of few channels. */
export function methodOf(network: string, steps: number, exclude: readonly string[]): PruningMethod | undefined {
  if (network === 'dense') return undefined;
  const frequency = Math.max(1, Math.round(steps / 50));
  return gradualMagnitude({
    finalSparsity: sparsity,
    endStep: Math.max(2, Math.round(0.6 * steps)),
    frequency,
    pattern: patterns[network],
    exclude: [...exclude],
  });
}

/** A network on an accelerator. */
export interface Variant {
  readonly name: string;
  readonly network: string;
  readonly accelerator: Accelerator;
}

/** One question and the variants that answer it; the first is what the others are held against. */
export interface Ablation {
  readonly name: string;
  readonly variants: readonly Variant[];
}

const on = (name: string, options: AcfOptions = {}, network = 'unstructured'): Variant => ({
  name,
  network,
  accelerator: acf(options),
});

const fixed = (dataflow: 'WS' | 'OS' | 'IS') => on(`fixed for ${dataflow}`, { dataflow, reconfigurable: false });

/** A fabric in which nothing is finite but its multipliers. */
export const idealParts = {
  linkWords: 128,
  banks: 1,
  queueDepth: 2 ** 24,
  accumulatorPorts: 2 ** 24,
  writeWords: 2 ** 20,
} as const;

/** The four ablations that 000 promises (ledger 1.1.4), then two of this model: how it detects zeros, and what is finite in it. */
export const ablations: readonly Ablation[] = [
  { name: 'interconnect', variants: [on('reconfigurable'), fixed('WS'), fixed('OS'), fixed('IS')] },
  {
    name: 'pruning',
    variants: [
      { name: 'dense array, dense', network: 'dense', accelerator: denseArray() },
      ...networks.map((network) => on(network, {}, network)),
    ],
  },
  { name: 'memory controller', variants: [on('on'), on('off', { sparseMemoryController: false })] },
  {
    name: 'dataflow',
    variants: [
      on('dynamic'),
      on('WS', { dataflow: 'WS' }),
      on('OS', { dataflow: 'OS' }),
      on('IS', { dataflow: 'IS' }),
      { name: 'as printed', network: 'unstructured', accelerator: createAccelerator('acf-literal') },
    ],
  },
  {
    name: 'zero detection',
    variants: [on('skipBoth'), on('skipOneSide', { zeroDetection: 'skipOneSide' }), on('gate', { zeroDetection: 'gate' })],
  },
  {
    name: 'what is finite',
    variants: [
      on('all finite'),
      on('ideal links', { linkWords: 128 }),
      on('ideal banks', { banks: 1 }),
      on('ideal queues', { queueDepth: 2 ** 24, accumulatorPorts: 2 ** 24 }),
      on('all ideal', idealParts),
    ],
  },
];
