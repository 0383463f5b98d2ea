import { runNetworks, type TacticalNetwork } from './tactical-networks.js';

/** The networks at one spread of the densities of their filters. */
export interface SpreadRun {
  readonly spread: number;
  readonly networks: readonly TacticalNetwork[];
  /** The same with first layers folded as the public simulator has them. */
  readonly folded: readonly TacticalNetwork[];
}

/** Spreads that the networks are run at, up to the default of `rowBetaBits`; which those of 003 have is not told. */
const spreads = [0, 0.1, 0.15, 0.2, 0.3];

/** What 003 gains by shuffling filters at most and at least, in % (claim 30): the one trace that it leaves of how they differ. */
export const printedGains = { most: 18, least: 2.2 };

/** Runs all networks at each spread. */
export function runSpreads(seed: number, onSpread: (spread: number) => void): readonly SpreadRun[] {
  return spreads.map((spread) => {
    const readings = runNetworks(seed, spread);
    onSpread(spread);
    return {
      spread,
      networks: readings.map(({ literal }) => literal),
      folded: readings.map(({ folded }) => folded),
    };
  });
}

/**
 * The spread that claim 30 gives back: where the farther of its two figures is nearest, layers as they are. All claims about networks
 * are judged there, and no other claim has a say in it.
 */
export function solvedSpread(runs: readonly SpreadRun[]): SpreadRun | undefined {
  const miss = ({ networks }: SpreadRun) => {
    const { most, least } = shufflingRange(networks);
    return Math.max(Math.abs(most - printedGains.most), Math.abs(least - printedGains.least));
  };
  return runs.toSorted((a, b) => miss(a) - miss(b)).at(0);
}

/** What T8<2,5> gains by shuffled filters, % of its speed. */
export function shuffleGain({ cycles }: TacticalNetwork): number {
  return 100 * (cycles['<2,5>'] / cycles.shuffled - 1);
}

/** The most and the least that shuffling gains over networks, %. */
export function shufflingRange(networks: readonly TacticalNetwork[]): { readonly most: number; readonly least: number } {
  const gains = networks.map(shuffleGain);
  return { most: Math.max(...gains), least: Math.min(...gains) };
}
