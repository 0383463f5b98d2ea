import type { AcfSpec } from './options.js';

/**
 * How the tiles of sampled images stand for those of the whole batch; one factor is the real images per image present, the others 1.
 * There are as many times more tiles of lanes, or more folds in each, or each tile takes as many times longer.
 */
export interface Growth {
  readonly tiles: number;
  readonly folds: number;
  readonly stretch: number;
}

/** What the tiles of a work add up to, over the whole batch. Words are operand values that enter the distribution networks. */
export interface TileSums {
  readonly parameters: AcfSpec;
  readonly growth: Growth;
  tiles: number;
  /** Cycles of computation and delivery. */
  busyCycles: number;
  /** Cycles of loading, network latency and draining. */
  fillCycles: number;
  /** MAC slots issued. */
  executed: number;
  /** Unit-cycles lost because another SPE of the tile's occupied rectangle has more work. */
  imbalance: number;
  /** Unit-cycles of SPEs outside of the occupied rectangle. */
  underfilled: number;
  /** Unit-cycles that the whole array waits for operands. */
  multicast: number;
  /** Words sent by the injectors of both networks, stationary ones included. */
  words: number;
  /** Words that arrive at an SPE. */
  deliveries: number;
  /** Partial sums written to and read back from the buffer. */
  partialWrites: number;
  partialReads: number;
  /** Partial sums that do not fit the buffer: bytes moved off chip and back. */
  spilledBytes: number;
  /** Occupied SPEs per array column (per array row in IS), the most over all tiles: what the interconnect has to connect. */
  readonly extents: Uint32Array;
}

/** A tile, between two barriers. */
export interface Tile {
  /** Most MAC slots of an SPE. */
  longest: number;
  /** MAC slots of all SPEs. */
  work: number;
  /** SPEs of the occupied rectangle. */
  rectangle: number;
  /** Words that the injectors of the input and of the kernel network send while the tile computes. */
  inputWords: number;
  kernelWords: number;
  fillCycles: number;
}

export function tileSums(parameters: AcfSpec, growth: Growth, extents: number): TileSums {
  return {
    parameters,
    growth,
    tiles: 0,
    busyCycles: 0,
    fillCycles: 0,
    executed: 0,
    imbalance: 0,
    underfilled: 0,
    multicast: 0,
    words: 0,
    deliveries: 0,
    partialWrites: 0,
    partialReads: 0,
    spilledBytes: 0,
    extents: new Uint32Array(extents),
  };
}

/** Adds a tile: it takes as long as its longest SPE or its slower network, and the fill. */
export function addTile(sums: TileSums, tile: Tile): void {
  const { rows, cols, injectors } = sums.parameters;
  const { stretch } = sums.growth;
  const repeat = sums.growth.tiles * sums.growth.folds;
  const units = rows * cols;
  const longest = tile.longest * stretch;
  const work = tile.work * stretch;
  const delivery = Math.ceil((Math.max(tile.inputWords, tile.kernelWords) * stretch) / injectors);
  const busy = Math.max(longest, delivery);
  sums.tiles += repeat;
  sums.busyCycles += repeat * busy;
  sums.fillCycles += repeat * tile.fillCycles;
  sums.executed += repeat * work;
  sums.imbalance += repeat * (tile.rectangle * longest - work);
  sums.underfilled += repeat * (units - tile.rectangle) * longest;
  sums.multicast += repeat * units * (busy - longest);
  sums.words += repeat * stretch * (tile.inputWords + tile.kernelWords);
}

/** Levels of switches between an injector and an SPE: a tree of radix `fanOut` (at least 2) over all SPEs. */
export function switchLevels({ rows, cols, fanOut }: AcfSpec): number {
  let levels = 1;
  for (let reached = Math.max(2, fanOut); reached < rows * cols; reached *= Math.max(2, fanOut)) levels++;
  return levels;
}
