import { type MemoryPoint, runMemories } from './tactical-memories.js';
import { runNetworks, type TacticalNetwork } from './tactical-networks.js';
import { type ScnnSpeed, scnnSpeeds } from './tactical-scnn.js';
import { layoutDeviations, runSweep, type SweepPoint } from './tactical-sweep.js';

/** All that the claims of 003 are held against. */
export interface TacticalResults {
  /** Empty when networks were left out. */
  readonly networks: readonly TacticalNetwork[];
  /** The same with first layers folded as the public simulator has them. */
  readonly folded: readonly TacticalNetwork[];
  readonly sweep: readonly SweepPoint[];
  readonly deviations: readonly { readonly sparsity: number; readonly percent: number }[];
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
  const readings = networks.length === 0 ? [] : runNetworks(seed, (name) => console.error(`${name} done`));
  return {
    networks: readings.map(({ literal }) => literal),
    folded: readings.map(({ folded }) => folded),
    sweep: runSweep(seed),
    deviations: layoutDeviations(seed),
    scnn: networks.length === 0 ? [] : scnnSpeeds(seed),
    memories: networks.length === 0 ? [] : runMemories(seed),
  };
}

/** How the figures were found, a line each, to stand above them. */
export function tacticalConditions({ networks }: TacticalResults, { seed }: { readonly seed: number }): string[] {
  const zeros = networks.map(({ name, sparsity }) => `${name} ${sparsity}`).join(', ');
  return [
    'All cycles are modelled; weights are synthetic, their zeros declared, and not tuned to any figure.',
    `Seed ${seed}; forward pass of one image; 4 tiles of 16 x 16 multipliers, off-chip memory put aside.`,
    ...(networks.length > 0
      ? [
          `Declared zeros: ${zeros}; filters differ in density (beta, spread 0.3).`,
          'Networks, literal (and in the plots): first layers as they are, 3 of 16 lanes full. Repaired: folded by their stride to more channels (space-to-depth), as the public simulator does and 003 does not say.',
        ]
      : []),
    'Sweeps over sparsity: 64 filters of 3x3x512, Bernoulli zeros.',
  ];
}
