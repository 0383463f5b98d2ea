import { type MemoryPoint, runMemories } from './tactical-memories.js';
import { type ScnnSpeed, scnnSpeeds } from './tactical-scnn.js';
import { printedGains, runSpreads, type SpreadRun, solvedSpread } from './tactical-spreads.js';
import { type LayoutDeviation, layoutDeviations, runSweep, type SweepPoint } from './tactical-sweep.js';

/** All that the claims of 003 are held against. */
export interface TacticalResults {
  /** The networks, by how far their filters differ in density; empty when networks were left out. */
  readonly spreads: readonly SpreadRun[];
  /** The one of {@link spreads} that claim 30 gives back: what is judged and drawn. */
  readonly solved: SpreadRun | undefined;
  readonly sweep: readonly SweepPoint[];
  readonly deviations: readonly LayoutDeviation[];
  readonly scnn: readonly ScnnSpeed[];
  readonly memories: readonly MemoryPoint[];
}

/** Runs the networks of 003 (not with `--networks none`), the sweeps over sparsity, and SCNN. */
export function simulateTactical({
  networks,
  seed,
}: {
  readonly networks: readonly string[];
  readonly seed: number;
}): TacticalResults {
  const spreads = networks.length === 0 ? [] : runSpreads(seed, (spread) => console.error(`networks at spread ${spread} done`));
  const solved = solvedSpread(spreads);
  return {
    ...{ spreads, solved },
    sweep: runSweep(seed),
    deviations: layoutDeviations(seed),
    scnn: networks.length === 0 ? [] : scnnSpeeds(seed),
    memories: solved ? runMemories(seed, solved.spread) : [],
  };
}

/** How the figures were found, a line each, to stand above them. */
export function tacticalConditions({ spreads, solved }: TacticalResults, { seed }: { readonly seed: number }): string[] {
  return [
    'All cycles are modelled; weights are synthetic, their zeros declared.',
    `Seed ${seed}; forward pass of one image; 4 tiles of 16 x 16 multipliers, off-chip memory put aside.`,
    ...(solved ? networkConditions(spreads, solved) : []),
    'Sweeps over sparsity: 64 filters of 3x3x512, Bernoulli zeros; judged with each processing element alone, for only so does 003 have its 1.45 (claim 32).',
  ];
}

function networkConditions(spreads: readonly SpreadRun[], { spread, networks }: SpreadRun): string[] {
  const zeros = networks.map(({ name, sparsity }) => `${name} ${sparsity}`).join(', ');
  const { most, least } = printedGains;
  return [
    `Declared zeros: ${zeros}.`,
    `Filters differ in density (beta) by spread ${spread}: of ${spreads.map((run) => run.spread).join(', ')}, all of which are printed, the one that gives back best what shuffling gains, ${least} to ${most} % (claim 30).`,
    'That spread, and the 0.86 of AlexNet-ES from its figures (claims 29 and 36), are solved; nothing is tuned to any other figure.',
    'Networks, literal (and in the plots): first layers as they are, 3 of 16 lanes full. Repaired: folded by their stride to more channels (space-to-depth), as the public simulator does and 003 does not say.',
  ];
}
