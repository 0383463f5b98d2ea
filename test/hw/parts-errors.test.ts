import {
  acf,
  balanceRows,
  bestContiguous,
  bitmapBits,
  bitsOf,
  blockBits,
  bufferTiles,
  type Cost,
  costMetrics,
  countBlocks,
  crossoverSparsity,
  csrBits,
  denseBits,
  doubleBuffered,
  emptyCost,
  encodeCsr,
  encodeRp,
  encodeRunLength,
  evenSplit,
  fetchedBytes,
  type MachineRates,
  minimumSteal,
  type Network,
  networkMacs,
  nmBits,
  onesBits,
  type PhaseWork,
  parseScaleSimTopology,
  residentShare,
  rpBfBits,
  rpCsrBits,
  runLengthBits,
  secondsOf,
  transferCycles,
  workDeviation,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { SparsityError } from '../../src/errors.js';

const widths = { valueBits: 32, indexBits: 8 };
const none = undefined as never;
const values = Float32Array.of(0, 5, 0, 7);
const cost: Cost = { ...emptyCost(), cycles: 5 };
const metrics = (rates: Partial<MachineRates>) =>
  costMetrics(cost, cost, 4, { clockGhz: 1, dramBytesPerCycle: 64, areaMm2: null, ...rates });

/** What a part used alone is given, and how it complains. */
const refused: Readonly<Record<string, readonly [message: string, use: () => unknown]>> = {
  'a deviation of NaN': ['work 0 to balance: got NaN', () => workDeviation([Number.NaN, 1])],
  'a deviation of negative work': ['work 0 to balance: got -1', () => workDeviation([-1, -3])],
  'a split of NaN rows': ['rows to split: got NaN', () => evenSplit(Number.NaN, 4)],
  'a split of -8 rows': ['rows to split: got -8', () => evenSplit(-8, 4)],
  'a split into no number of parts': ['parts of a split: got undefined', () => evenSplit(10, none)],
  'a split into a text': ['parts of a split: got 9, expected a positive integer', () => evenSplit(10, '9' as never)],
  'the best split into nothing': ['parts of a split: got null', () => bestContiguous([1, 2], null as never)],
  'rows balanced over nothing': ['parts of a split: got undefined', () => balanceRows({ work: [1, 2], dense: [1, 2] }, none)],
  'multiplications of no cycles': ['cycles of a multiplication: got 0', () => minimumSteal(0, 8)],
  'communication of -8 cycles': ['cycles of communication: got -8', () => minimumSteal(10, -8)],
  'CSR of -1 rows': ['rows of a matrix: got -1', () => csrBits(4, -1, widths)],
  'CSR of -4 non-zeros': ['non-zeros of a matrix: got -4', () => csrBits(-4, 4, widths)],
  'CSR without widths': ['valueBits of a compressed matrix: got undefined', () => csrBits(4, 4, none)],
  'CSR without an index': [
    'indexBits of a compressed matrix: got undefined',
    () => csrBits(4, 4, { valueBits: 32 } as typeof widths),
  ],
  'RP-CSR of -1 non-zeros': ['non-zeros of a row in RP-CSR: got -1', () => rpCsrBits(-1, widths)],
  'RP-BF of NaN non-zeros': ['non-zeros of a matrix: got NaN', () => rpBfBits(Number.NaN, 4, widths)],
  'a bit map of more ones than elements': ['got 10, expected at most 4, its elements', () => bitmapBits(10, 4, widths)],
  'a dense matrix of NaN': ['elements of a matrix: got NaN', () => denseBits(Number.NaN, widths)],
  'half a column': ['columns of a matrix: got 2.5', () => nmBits(1, 2.5, { n: 2, m: 4 }, widths)],
  'half blocks': ['height of a block: got 0.5', () => blockBits(1, 1, { height: 0.5, width: 2 }, widths)],
  'columns that do not divide': ['stored by rows of 3: got 4', () => countBlocks(onesBits([2, 2]), 3, { height: 1, width: 1 })],
  'runs of -1 bits': ['runBits of a compressed matrix: got -1', () => encodeRunLength(values, 2, 2, -1)],
  'runs of NaN bits': [
    'runBits of a compressed matrix: got NaN',
    () => runLengthBits(onesBits([4]), { ...widths, runBits: Number.NaN }),
  ],
  'a matrix of -2 x -2': ['rows of a matrix: got -2', () => encodeCsr(values, -2, -2)],
  'rows without widths': ['valueBits of a compressed matrix: got undefined', () => encodeRp(values, 2, 2, none)],
  'a stored matrix without widths': ['valueBits of a compressed matrix', () => bitsOf(encodeCsr(values, 2, 2), none)],
  'a crossover of no columns': ['columns of a row: got 0', () => crossoverSparsity(0)],
  'NaN bytes to move': ['bytes to move: got NaN', () => transferCycles(Number.NaN, 64)],
  'a fold of NaN cycles': [
    'cycles of a fold: got NaN',
    () => doubleBuffered([{ computeCycles: Number.NaN, loadBytes: 1, storeBytes: 1 }], 64),
  ],
  'a fold that stores -1 bytes': [
    'bytes to move: got -1',
    () => doubleBuffered([{ computeCycles: 1, loadBytes: 1, storeBytes: -1 }], 64),
  ],
  'tiles of NaN bits': [
    'bits of values of a tensor: got NaN',
    () => bufferTiles({ valueBits: Number.NaN, indexBits: 1 }, { capacityBits: 9 }),
  ],
  'a share of -1 bits': [
    'bits of indices of a tensor: got -1',
    () => residentShare({ valueBits: 1, indexBits: -1 }, { capacityBits: 9 }),
  ],
  'an operand of no tiles': ['tiles of an operand: got 0', () => fetchedBytes({ bytes: 1, tiles: 1 }, { bytes: 1, tiles: 0 })],
  'a clock of 0 GHz': ['clock in GHz: got 0', () => metrics({ clockGhz: 0 })],
  'a memory of 0 bytes per cycle': ['bytes per cycle of the memory: got 0', () => metrics({ dramBytesPerCycle: 0 })],
  'an area of 0 mm2': ['area in mm2: got 0', () => metrics({ areaMm2: 0 })],
  'NaN cycles': ['cycles: got NaN', () => secondsOf(Number.NaN, 1)],
  'the name of a network': ["Pass network('vgg16').", () => networkMacs('vgg16' as unknown as Network)],
  'no topology': ['topology of SCALE-Sim: got undefined', () => parseScaleSimTopology(none, 'net.csv')],
  'a topology without a file': ['file name of a topology: got undefined', () => parseScaleSimTopology('', none)],
  'a step without works': ['works of a step: got undefined', () => acf().start().executeStep(none)],
  'a step of one work': [
    'works of a step: got',
    () =>
      acf()
        .start()
        .executeStep({ layer: 'a' } as unknown as PhaseWork[]),
  ],
};

describe('parts used alone', () => {
  for (const [given, [message, use]] of Object.entries(refused)) {
    it(`refuse ${given} by name`, () => {
      expect(use).toThrow(SparsityError);
      expect(use).toThrow(message);
    });
  }

  it('take shares of a batch: half a non-zero, and a full bit map that is off in binary', () => {
    expect(csrBits(1.5, 2.5, widths)).toBe(1.5 * 40 + 3.5 * 32);
    expect(bitmapBits(0.1 + 0.2, 0.3, widths)).toBeCloseTo(0.3 * 33, 12);
  });
});
