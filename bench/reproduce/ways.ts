import { type AcceleratorSpec, presets, type SyntheticMaps } from 'tfjs-sparsity/hw';
import { baselines } from './reductions.js';

/** The sparsity of W and G: the mean over the run's epochs, or that of its end. */
export const weightSparsity = { average: 0.83125, final: 0.95 } as const;

/** A way to draw the maps and to set the accelerators. */
export interface Way {
  /** How zeros are laid out: it decides load balance more than anything else (ledger 3.4). */
  readonly maps: SyntheticMaps;
  /** Zeros of W and G. */
  readonly sparsity: number;
  /** Options that all accelerators have other than their presets. */
  readonly options?: Readonly<Record<string, unknown>>;
}

const { peSramKb, globalBufferKb } = presets['balanced-3mb'];
const scaledSram = { peSramKb, globalBufferKb };

/** The way of the claims, and others, which say what depends on it. */
export const ways = {
  claims: { maps: 'rowBeta', sparsity: weightSparsity.average },
  'at 95 %, the end': { maps: 'rowBeta', sparsity: weightSparsity.final },
  'Bernoulli maps': { maps: 'bernoulli', sparsity: weightSparsity.average },
  'smooth maps': { maps: 'smooth', sparsity: weightSparsity.average },
  'flattened rows': { maps: 'rowBeta', sparsity: weightSparsity.average, options: { rowLayout: 'flattened' } },
  // So that working sets overflow (ledger section 4, 14).
  '3 MB of SRAM': { maps: 'rowBeta', sparsity: weightSparsity.average, options: scaledSram },
} satisfies Record<string, Way>;
export type WayName = keyof typeof ways;

const proposed = {
  balanced: presets.balanced,
  'balanced-literal': { ...presets.balanced, name: 'balanced-literal', coarse: 'literal', rowFormat: 'threshold' },
  'balanced-54': presets['balanced-54'],
  'balanced-81': presets['balanced-81'],
};

/**
 * The accelerators of a way. The claims see the proposed one under its three readings of how many PEs there are (ledger 1.2.7), and with
 * Procedure 1 and Eq. 10 to the letter; the other ways its preset only.
 */
export function acceleratorsOf(way: WayName): readonly AcceleratorSpec[] {
  const { options = {} }: Way = ways[way];
  const ours = way === 'claims' ? Object.values(proposed) : [proposed.balanced];
  return [...ours, ...Object.values(baselines).map((name) => presets[name])].map((spec) => ({ ...spec, ...options }));
}
