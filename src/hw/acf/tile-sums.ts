import type { AcfSpec } from './options.js';

/** What the tiles of a work add up to. Words are operand values that enter the distribution networks. */
export interface TileSums {
  readonly parameters: AcfSpec;
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

export function tileSums(parameters: AcfSpec, extents: number): TileSums {
  return {
    parameters,
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
  const units = rows * cols;
  const delivery = Math.ceil(Math.max(tile.inputWords, tile.kernelWords) / injectors);
  const busy = Math.max(tile.longest, delivery);
  sums.tiles++;
  sums.busyCycles += busy;
  sums.fillCycles += tile.fillCycles;
  sums.executed += tile.work;
  sums.imbalance += tile.rectangle * tile.longest - tile.work;
  sums.underfilled += (units - tile.rectangle) * tile.longest;
  sums.multicast += units * (busy - tile.longest);
  sums.words += tile.inputWords + tile.kernelWords;
}

/** Levels of switches between an injector and an SPE: a tree of radix `fanOut` (at least 2) over all SPEs. */
export function switchLevels({ rows, cols, fanOut }: AcfSpec): number {
  let levels = 1;
  for (let reached = Math.max(2, fanOut); reached < rows * cols; reached *= Math.max(2, fanOut)) levels++;
  return levels;
}
