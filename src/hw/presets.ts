import { presets001 } from './balanced/presets.js';
import type { AcceleratorSpec } from './contracts.js';
import { presetsProcrustes } from './procrustes/presets.js';
import { presetsSat } from './sat/presets.js';
import { presets003 } from './tactical/presets.js';
import { presetsTensorDash } from './tensordash/presets.js';

const equal = 'equal to the other presets: 1024 multipliers, as in 001 (64 x 16) and 003 (4 x 16 x 16)';
const dense = {
  kind: 'denseArray',
  name: 'dense-array',
  rows: 32,
  cols: 32,
  sramKb: 384,
  dramBytesPerCycle: 64,
  bytesPerValue: 4,
  clockGhz: 1,
  sources: {
    rows: equal,
    cols: equal,
    sramKb: 'chosen: 128 KB for each of input, kernel and output',
    dramBytesPerCycle: 'chosen: 64 GB/s at 1 GHz',
    bytesPerValue: '001: 32-bit values',
    clockGhz: '001 and 003: 1 GHz',
  },
} as const;

const unstated = '000 gives no number: chosen';
const acf = {
  kind: 'acf',
  name: 'acf',
  rows: 32,
  cols: 32,
  fanOut: 8,
  injectors: 128,
  linkWords: 1,
  banks: 32,
  queueDepth: 128,
  accumulatorPorts: 4,
  writeWords: 16,
  switchesPerCycle: 64,
  reconfigurationCycles: 64,
  sramKb: 384,
  dramBytesPerCycle: 64,
  bytesPerValue: 4,
  clockGhz: 1,
  indexBits: 12,
  objective: 'edp',
  scheduler: 'viterbi',
  sources: {
    ...dense.sources,
    fanOut: `${unstated}, a quarter of a row`,
    injectors: `${unstated}, rows * cols / fanOut: dense operands flow at full rate`,
    linkWords: `${unstated}, the injectors over the fan-out groups of the array`,
    banks: `${unstated}, a bank per row of the array`,
    queueDepth: `${unstated}, two queues of 512 bytes`,
    accumulatorPorts: `${unstated}, as many words as the injectors have for a lane`,
    writeWords: `${unstated}, as many words as leave the chip`,
    switchesPerCycle: `${unstated}, one configuration word of 64 bits per cycle`,
    reconfigurationCycles: `${unstated}, rows + cols: the array drains (ledger section 4, 20)`,
    indexBits: 'assumed: 4096 columns; 000 gives no width, and the 8 bits of 001 address only 256 (ledger 1.2.2)',
    objective: 'ledger section 4, 19; 000 prints energy',
    scheduler: 'ledger section 4, 19; 000 prints the greedy choice',
  },
} as const;

const paper = 'SCNN: 64 processing elements of 4 x 4 multipliers (ledger 1.5)';
const scnn = {
  kind: 'scnn',
  name: 'scnn',
  peRows: 8,
  peCols: 8,
  activationVector: 4,
  weightVector: 4,
  accumulatorEntries: 6144,
  banks: 32,
  pairing: 'repaired',
  activationRamKb: 10,
  runBits: 4,
  dramBytesPerCycle: 64,
  bytesPerValue: 4,
  clockGhz: 1,
  sources: {
    peRows: paper,
    peCols: paper,
    activationVector: paper,
    weightVector: paper,
    accumulatorEntries: 'the public simulator of SCNN, default (ledger 1.5)',
    banks: 'SCNN: twice the multipliers of an element (ledger 1.5)',
    pairing: 'chosen: what the stride of a convolution asks for',
    activationRamKb: 'SCNN: 10 KB for input and 10 KB for output activations, 1 MB in all (ledger 1.5)',
    runBits: 'SCNN: 4-bit runs of zeros',
    dramBytesPerCycle: dense.sources.dramBytesPerCycle,
    bytesPerValue: dense.sources.bytesPerValue,
    clockGhz: dense.sources.clockGhz,
  },
} as const;

/** A spec whose constants say where they come from. */
export type Preset = AcceleratorSpec & { readonly sources: Readonly<Record<string, string>>; readonly [option: string]: unknown };

/** Accelerators by name. The first of a kind holds the kind's defaults: what equals them in another spec has the same source. */
export const presets: Readonly<Record<string, Preset>> = {
  'dense-array': dense,
  'dense-array-lpddr4': { ...dense, name: 'dense-array-lpddr4', energyTable: '45nm-lpddr4' },
  'dense-array-hbm2': { ...dense, name: 'dense-array-hbm2', energyTable: '45nm-hbm2' },
  acf,
  /** The choice of dataflows as 000 prints it. */
  'acf-literal': { ...acf, name: 'acf-literal', objective: 'energy', scheduler: 'greedy' },
  'acf-lpddr4': { ...acf, name: 'acf-lpddr4', energyTable: '45nm-lpddr4' },
  'acf-hbm2': { ...acf, name: 'acf-hbm2', energyTable: '45nm-hbm2' },
  ...presets001,
  scnn,
  ...presetsSat,
  ...presetsTensorDash,
  ...presetsProcrustes,
  ...presets003,
};
