import { bitsFrom, denseNest, type GemmWork } from 'tfjs-sparsity/hw';

/**
 * Two samples of four features, two outputs, on a 2 x 2 array; 2 SPEs per group, 2 words per cycle, 2 levels of switches (radix 2, 4 SPEs).
 *
 *     A row 0: k = 0, 1, 3     W column 0: k = 0, 2, 3     common: (0,0) 0, 3   (0,1) 1, 3
 *     A row 1: k = 1, 2        W column 1: k = 1, 3                (1,0) 2      (1,1) 1       six effectual MACs of 16
 */
export const A = bitsFrom([1, 1, 0, 1, 0, 1, 1, 0], [2, 4]);
export const W = bitsFrom([1, 0, 0, 1, 1, 0, 1, 1], [4, 2]);
export const tiny: GemmWork = {
  kind: 'gemm',
  layer: 'fc',
  phase: 'forward',
  nest: denseNest({ batch: 2, inFeatures: 4, outFeatures: 2 }),
  input: { role: 'A', source: 'fc', nonzeros: A },
  kernel: { role: 'W', source: 'fc', nonzeros: W },
  imageScale: 1,
};
/** Nothing waits for links, banks, queues or accumulators. */
export const ideal = { linkWords: 1024, banks: 1, queueDepth: 4096, accumulatorPorts: 4096 } as const;
export const twoByTwo = {
  rows: 2,
  cols: 2,
  fanOut: 2,
  injectors: 2,
  reconfigurationCycles: 10,
  switchesPerCycle: 3,
  ...ideal,
} as const;
