import { compareMasks, keptIn, type Mask } from './compare-masks.js';
import { uniteMasks } from './exploration-rate.js';

/** What one look at the mask of a kernel counted, as weights. */
export interface MaskCounts {
  /** Size of the kernel. */
  readonly weights: number;
  /** That the mask keeps. */
  readonly kept: number;
  /** That this mask and the one of the look before keep. */
  readonly both: number;
  /** That at least one of the two keeps. */
  readonly either: number;
  /** That any mask so far has kept. */
  readonly everActive: number;
}

/** How the topology of a kernel stands, and what became of it since the look before. */
export interface MaskRates {
  /** Fraction of the weights that the mask leaves out. */
  readonly sparsity: number;
  /** Fraction of the weights that are kept now and were not, or the other way round; see `maskChurn`. */
  readonly churn: number;
  /** Intersection over union with the mask of the look before; see `maskOverlap`. */
  readonly iou: number;
  /** R_s, fraction of the weights that were ever active; see `explorationRate`. */
  readonly itop: number;
}

/** Follows the masks of one kernel over a training. Its two masks are all its state. */
export class MaskHistory {
  constructor(
    /** Size of the kernel. */
    readonly weights: number,
    /** The mask of the last look; undefined before the first, which is compared with itself. */
    private last: Mask | undefined = undefined,
    private active: Mask | undefined = undefined,
  ) {}

  /** The mask of the last look. */
  get mask(): Mask {
    return this.last ?? null;
  }

  /** The weights that were ever active. */
  get everActive(): Mask {
    return this.active ?? null;
  }

  /** Takes the mask that is in force now. It is kept, and must not be written to. */
  look(mask: Mask): MaskCounts {
    const { weights, last = mask, active = mask } = this;
    const { both, either } = compareMasks(last, mask, weights);
    this.last = mask;
    this.active = uniteMasks(active, mask);
    return { weights, both, either, kept: keptIn(mask, weights), everActive: keptIn(this.active, weights) };
  }
}

/** The rates of a kernel, or of several together: of the sums of their counts. */
export function maskRates(counts: readonly MaskCounts[]): MaskRates {
  const sum = (of: keyof MaskCounts) => counts.reduce((total, one) => total + one[of], 0);
  const [weights, both, either] = [sum('weights'), sum('both'), sum('either')];
  return {
    sparsity: 1 - sum('kept') / weights,
    churn: (either - both) / weights,
    iou: either === 0 ? 1 : both / either,
    itop: sum('everActive') / weights,
  };
}
