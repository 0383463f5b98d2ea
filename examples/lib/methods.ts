import {
  bdwp,
  globalAllocation,
  gradualMagnitude,
  hardwareAware,
  methodFromConfig,
  type PruningMethod,
} from 'tfjs-sparsity/pruning';
import type { RunOptions } from './options.js';

/** A way to train, as `--method` names it. */
interface Method {
  /** How it prunes, for --help. */
  readonly about: string;
  /** Names a run in tables and charts. */
  label(sparsity: number): string;
  /** Nothing for a network that stays dense. */
  make(sparsity: number, totalSteps: number): PruningMethod | undefined;
}

/** The ramp takes the first 60 % of the steps, the rest is for recovery at full sparsity. */
const gradually = (sparsity: number, totalSteps: number) => ({
  finalSparsity: sparsity,
  beginStep: Math.round(0.05 * totalSteps),
  endStep: Math.max(2, Math.round(0.6 * totalSteps)),
  frequency: Math.max(1, Math.round(totalSteps / 100)),
  // One threshold over all layers: small kernels that matter, such as the first, keep more than the large dense ones.
  allocation: globalAllocation(),
});

const percent = (sparsity: number) => `${Math.round(1000 * sparsity) / 10} %`;

const registry = {
  dense: { about: 'not at all', label: () => 'dense', make: () => undefined },
  gradual: {
    about: 'by magnitude',
    label: (sparsity) => `gradual ${percent(sparsity)}`,
    make: (sparsity, totalSteps) => gradualMagnitude(gradually(sparsity, totalSteps)),
  },
  'hardware-aware': {
    about: 'in blocks that hardware likes',
    label: (sparsity) => `hardware-aware ${percent(sparsity)}`,
    make: (sparsity, totalSteps) => hardwareAware(gradually(sparsity, totalSteps)),
  },
  bdwp: { about: '2:8 in both directions, whatever --sparsity says', label: () => 'bdwp 2:8', make: () => bdwp({ n: 2, m: 8 }) },
} satisfies Record<string, Method>;

export type MethodName = keyof typeof registry;

/** The methods of the examples. */
export const methods: Readonly<Record<MethodName, Method>> = registry;
export const methodNames = Object.keys(methods) as readonly MethodName[];

/** The steps of a training. */
export interface TrainingLength {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
}

/** How a run is pruned, and what it is called: by the method of its file in full, or by a recipe. */
export function methodOf(
  { method: name, ownMethod, sparsity }: Pick<RunOptions, 'method' | 'ownMethod' | 'sparsity'>,
  { stepsPerEpoch, totalSteps }: TrainingLength,
): { readonly label: string; readonly method: PruningMethod | undefined } {
  if (ownMethod && name !== 'dense') {
    return { label: `${name} ${percent(sparsity)}`, method: methodFromConfig(ownMethod, { stepsPerEpoch }) };
  }
  const { label, make } = methods[name as MethodName];
  return { label: label(sparsity), method: make(sparsity, totalSteps) };
}
