/** Area of a design or component at 16 nm, and its static power where it is given. */
export interface AreaAndPower {
  readonly areaMm2: number;
  readonly staticW?: number;
  /** Where the figure stands, or that it is a difference. */
  readonly source: string;
}

/** Shares of a processing element's static power. */
export interface PowerShares {
  readonly indexAndCompression: number;
  readonly balanceUnit: number;
  readonly source: string;
}

const tableIv = '001 Table IV: TSMC 16 nm, without SRAM';
const tableV = '001 Table V';

/**
 * Areas and static powers of 001 as printed. On-chip memory (448 MB) is in none of them. The components of the accelerator add up
 * to its total; those of a processing element add up to 0.085 mm2 where 0.148 are stated, and with one multiplier for each of
 * sixteen to 0.22: use the totals.
 */
export const areas001 = {
  /** Whole designs. */
  designs: {
    balanced: { areaMm2: 20.16, staticW: 0.295, source: tableIv },
    scnn001: { areaMm2: 19.62, staticW: 0.289, source: tableIv },
    sigma001: { areaMm2: 22.55, staticW: 0.332, source: tableIv },
    sparseTrain001: { areaMm2: 19.78, staticW: 0.291, source: tableIv },
  },
  /** Parts of the balanced accelerator. */
  components: {
    controller: { areaMm2: 1.28, staticW: 0.02, source: `${tableV}; power: section V-F` },
    network: {
      areaMm2: 9.41,
      staticW: 0.09836,
      source: `${tableV}, with distributor and collector; power: what the others leave`,
    },
    processingElements: { areaMm2: 9.47, staticW: 0.17664, source: `${tableV}; power: 64 times 2.76 mW` },
  },
  /** One processing element, and what its parts are stated to be. */
  processingElement: { areaMm2: 0.148, staticW: 0.00276, source: `${tableV}; power: section V-F` },
  processingElementParts: {
    multiplier: { areaMm2: 0.009, source: tableV },
    indexUnit: { areaMm2: 0.002, source: tableV },
    balanceUnit: { areaMm2: 0.001, source: tableV },
    compressionUnit: { areaMm2: 0.004, source: tableV },
    accumulatorBuffer: { areaMm2: 0.045, source: tableV },
    others: { areaMm2: 0.024, source: tableV },
  },
  /** Of a processing element's static power. */
  powerShares: { indexAndCompression: 0.02, balanceUnit: 0.0052, source: '001 section V-F' },
} as const satisfies {
  readonly designs: Readonly<Record<string, AreaAndPower>>;
  readonly components: Readonly<Record<string, AreaAndPower>>;
  readonly processingElement: AreaAndPower;
  readonly processingElementParts: Readonly<Record<string, AreaAndPower>>;
  readonly powerShares: PowerShares;
};
