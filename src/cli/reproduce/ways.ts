import { type AcceleratorSpec, energy45nm, presets, type SyntheticMaps, sramAccessPj } from '../../hw/index.js';
import { baselines } from './reductions.js';

/** The sparsity of W and G: the mean over the run's epochs, or that of its end. */
export const weightSparsity = { average: 0.83125, final: 0.95 } as const;

/** A way to draw the maps and to set the accelerators. */
export interface Way {
  /** How zeros are laid out: it decides load balance more than anything else (ledger 3.4). */
  readonly maps: SyntheticMaps;
  /** Zeros of W and G. */
  readonly sparsity: number;
  /** Options that accelerators have other than their presets: all of them, or those of one kind. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly onlyKind?: string;
}

const { peSramKb, globalBufferKb } = presets['balanced-3mb'];
const scaledSram = { peSramKb, globalBufferKb };

const byTable = energy45nm();
const bySize = energy45nm({ globalBufferKb: 262_144 });
const peSramPj = sramAccessPj(3072);
/** Energies of the table with SRAM at the sizes of Table II, 3 and 256 MB, where it has 8 and 128 KB. */
const pricedBySize = {
  ...bySize,
  actions: { ...bySize.actions, sramSmallAccess: { ...bySize.actions.sramSmallAccess, pj: peSramPj } },
};

/** What an access to SRAM costs in pJ: in a PE and in the global buffer, as all ways but one have it and at its size. */
export const sramPrices = {
  table: [byTable.actions.sramSmallAccess.pj, byTable.actions.sramLargeAccess.pj],
  size: [peSramPj, bySize.actions.sramLargeAccess.pj],
} as const;

/** The way of the claims, and others, which say what depends on it. */
export const ways = {
  claims: { maps: 'rowBeta', sparsity: weightSparsity.average },
  'at 95 %, the end': { maps: 'rowBeta', sparsity: weightSparsity.final },
  'Bernoulli maps': { maps: 'bernoulli', sparsity: weightSparsity.average },
  'smooth maps': { maps: 'smooth', sparsity: weightSparsity.average },
  // Fig. 1, where Table III says 95 % of the same network.
  'at 92 %, Fig. 1': { maps: 'rowBeta', sparsity: 0.92 },
  'flattened rows': { maps: 'rowBeta', sparsity: weightSparsity.average, options: { rowLayout: 'flattened' } },
  // As SIGMA itself might (ledger section 4, 13).
  'im2col on chip': {
    ...{ maps: 'rowBeta', sparsity: weightSparsity.average },
    ...{ onlyKind: 'sigma001', options: { im2colOffChip: false } },
  },
  // What the coarse level can do, were Procedure 1 run to the best bands and not to its stopping rule (ledger 1.2.5).
  'best bands': {
    ...{ maps: 'rowBeta', sparsity: weightSparsity.average },
    ...{ onlyKind: 'balanced', options: { coarse: 'prefix' } },
  },
  // The threshold of the text for rows of any width (ledger section 4, 10).
  'threshold of 88 %': {
    ...{ maps: 'rowBeta', sparsity: weightSparsity.average },
    ...{ onlyKind: 'balanced', options: { rowFormat: 'rounded' } },
  },
  // 001 gives no rate of its M-ICU; the preset's one row pair per cycle often holds the multipliers up.
  'M-ICU never waits': {
    ...{ maps: 'rowBeta', sparsity: weightSparsity.average },
    ...{ onlyKind: 'balanced', options: { rowPairsPerCycle: 1024 } },
  },
  // Table I may mean that a multiplication holds its multiplier for 10 cycles (ledger section 4, 12): then the M-ICU keeps up with them.
  '10-cycle multiply': {
    ...{ maps: 'rowBeta', sparsity: weightSparsity.average },
    options: { multiplyInitiationInterval: 10 },
  },
  // The preset's network takes no time.
  'one word per link': { maps: 'rowBeta', sparsity: weightSparsity.average, options: { linkWords: 1 } },
  // So that working sets overflow (ledger section 4, 14).
  '3 MB of SRAM': { maps: 'rowBeta', sparsity: weightSparsity.average, options: scaledSram },
  // The sign of the energy saved against SCNN hangs on it.
  'SRAM by its size': { maps: 'rowBeta', sparsity: weightSparsity.average, options: { energyTable: pricedBySize } },
} satisfies Record<string, Way>;
export type WayName = keyof typeof ways;

const proposed = {
  balanced: presets.balanced,
  'balanced-literal': { ...presets.balanced, name: 'balanced-literal', coarse: 'literal', rowFormat: 'threshold' },
  'balanced-54': presets['balanced-54'],
  'balanced-81': presets['balanced-81'],
};

/**
 * The accelerators of a draw. The first draw of the claims sees the proposed one in all its readings: how many PEs there are (ledger
 * 1.2.7), and Procedure 1 and Eq. 10 to the letter; the others its preset only.
 */
export function acceleratorsOf({ way, draw }: { readonly way: WayName; readonly draw: number }): readonly AcceleratorSpec[] {
  const { options = {}, onlyKind }: Way = ways[way];
  const ours = way === 'claims' && draw === 0 ? Object.values(proposed) : [proposed.balanced];
  return [...ours, ...Object.values(baselines).map((name) => presets[name])].map((spec) =>
    onlyKind === undefined || onlyKind === spec.kind ? { ...spec, ...options } : spec,
  );
}
