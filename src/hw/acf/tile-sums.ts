import { roundPlaces } from '../../kernels/index.js';
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
  /** Cycles of computation, delivery and accumulation. */
  busyCycles: number;
  /** Cycles of loading, network latency and draining. */
  fillCycles: number;
  /** MAC slots issued. */
  executed: number;
  /** Unit-cycles lost because another SPE of the tile's occupied rectangle has more work. */
  imbalance: number;
  /** Unit-cycles of SPEs outside of the occupied rectangle. */
  underfilled: number;
  /** Unit-cycles that the whole array waits for the accumulators, the networks and the banks of the buffer. */
  accumulators: number;
  multicast: number;
  banks: number;
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
    accumulators: 0,
    multicast: 0,
    banks: 0,
    words: 0,
    deliveries: 0,
    partialWrites: 0,
    partialReads: 0,
    spilledBytes: 0,
    extents: new Uint32Array(extents),
  };
}

/** Adds a tile's fill; its rounds come by {@link addRound}. */
export function addTile(sums: TileSums, fillCycles: number): void {
  const repeat = sums.growth.tiles * sums.growth.folds;
  sums.tiles += repeat;
  sums.fillCycles += repeat * fillCycles;
}

/** What a round's numbers do not tell. */
export interface RoundShape {
  /** SPEs of the occupied rectangle. */
  readonly rectangle: number;
  /** Partial sums that each lane moves to its accumulators; 0 where SPEs accumulate. */
  readonly laneSums: number;
  /** Words per cycle of a group's link, in units of `linkWords`: as many as there are SPEs that take different words. */
  readonly inputWidth: number;
}

/**
 * Adds a round, a part of a tile between two barriers: it takes as long as its longest SPE, its slowest accumulators, network or bank.
 *
 * @param numbers hold the round from `at` on, as {@link roundPlaces} says.
 */
export function addRound(sums: TileSums, numbers: Float64Array, at: number, shape: RoundShape): void {
  const { rectangle, laneSums, inputWidth } = shape;
  const { rows, cols, accumulatorPorts } = sums.parameters;
  const { stretch } = sums.growth;
  const repeat = sums.growth.tiles * sums.growth.folds;
  const units = rows * cols;
  const [input, kernel] = [at + roundPlaces.input, at + roundPlaces.kernel];
  const work = numbers[at + roundPlaces.work];
  const slots = numbers[at + roundPlaces.longest] * stretch;
  const accumulated = Math.max(slots, slots > 0 ? Math.ceil((laneSums * stretch) / accumulatorPorts) : 0);
  const delivered = Math.max(
    accumulated,
    networkCycles(numbers, input, inputWidth, sums),
    networkCycles(numbers, kernel, 1, sums),
  );
  const busy = Math.max(delivered, bankCycles(numbers, input, sums), bankCycles(numbers, kernel, sums));
  sums.busyCycles += repeat * busy;
  sums.executed += repeat * work * stretch;
  sums.imbalance += repeat * (rectangle * slots - work * stretch);
  sums.underfilled += repeat * (units - rectangle) * slots;
  sums.accumulators += repeat * units * (accumulated - slots);
  sums.multicast += repeat * units * (delivered - accumulated);
  sums.banks += repeat * units * (busy - delivered);
  sums.words += repeat * stretch * (numbers[input] + numbers[kernel]);
}

/** Of the levels of a fat tree only the first and the last can bind: the load of a link between is a mean of those behind it. */
function networkCycles(numbers: Float64Array, at: number, linkWidth: number, { parameters, growth }: TileSums): number {
  const { injectors, linkWords } = parameters;
  const root = Math.ceil((numbers[at] * growth.stretch) / injectors);
  return Math.max(root, Math.ceil((numbers[at + 1] * growth.stretch) / (linkWords * linkWidth)));
}

function bankCycles(numbers: Float64Array, at: number, { parameters, growth }: TileSums): number {
  const { banks, injectors } = parameters;
  return Math.ceil((numbers[at + 2] * growth.stretch * Math.min(banks, injectors)) / injectors);
}

/** Levels of switches between an injector and an SPE: a tree of radix `fanOut` (at least 2) over all SPEs. */
export function switchLevels({ rows, cols, fanOut }: AcfSpec): number {
  let levels = 1;
  for (let reached = Math.max(2, fanOut); reached < rows * cols; reached *= Math.max(2, fanOut)) levels++;
  return levels;
}
