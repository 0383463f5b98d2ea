import { countRows, countWanted } from '../../kernels/index.js';
import type { GemmWork } from '../contracts.js';
import { rememberEffectualMacs } from '../effectual-macs.js';
import { gemmSides } from '../gemm-sides.js';
import { type GemmView, lowerGemm } from '../gemm-view.js';
import type { Dataflow } from '../systolic.js';
import { type BitRows, columnCounts, onesRows, totalCount } from './bit-rows.js';
import { operandStationary } from './operand-stationary.js';
import type { AcfSpec } from './options.js';
import { outputStationary } from './output-stationary.js';
import { packedOutputStationary, packedTiles, wantedRows } from './packed-outputs.js';
import { type Growth, type TileSums, tileSums } from './tile-sums.js';
import { type Passes, storedBytes } from './traffic.js';

/** A work's GEMMs as the array meets them: operands with the zeros that are not skipped turned into ones. */
export interface PreparedGemms {
  readonly work: GemmWork;
  readonly gemms: readonly PreparedGemm[];
  /** MACs of which both factors are non-zero and whose output is wanted. */
  readonly effectual: number;
  readonly passes: Passes;
}

/** An operand, with its present factors counted. */
export interface PreparedOperand {
  readonly bits: BitRows;
  /** Per reduction index. */
  readonly counts: Uint32Array;
  readonly rowCounts: Uint32Array;
}

/** One of them. */
export interface PreparedGemm {
  readonly input: PreparedOperand;
  readonly kernel: PreparedOperand;
  /** Words of each operand that are sent when every fan-out group that takes one has all of its members take it: the fewest there can be. */
  readonly sharedInputWords: number;
  readonly sharedKernelWords: number;
  /** Outputs that OS works on where it maps all, undefined when it works on all. */
  readonly wanted: BitRows | undefined;
  /** For OS where packing the wanted outputs takes fewer tiles: these per column. */
  readonly packed: readonly Uint32Array[] | undefined;
}

/** Lowers a work and turns the zeros into ones that the array does not skip. */
export function prepareGemms(work: GemmWork, spec: AcfSpec): PreparedGemms {
  const views = lowerGemm(work);
  const rows = views.map((view) => bitRows(view.rowBits(0, view.m), view.m, view));
  const kernels = views.map((view) => bitRows(view.kernelRows(), view.n, view));
  const gathers = spec.sparseMemoryController && spec.zeroDetection !== 'gate';
  const sparserInput = spec.zeroDetection === 'skipOneSide' && density(rows) < density(kernels);
  const skipInput = gathers && (spec.zeroDetection === 'skipBoth' || sparserInput);
  const skipKernel = gathers && (spec.zeroDetection === 'skipBoth' || !sparserInput);
  let effectual = 0;
  const gemms = views.map((view, i): PreparedGemm => {
    const wanted = wantedOutputs(view);
    const inputCounts = columnCounts(rows[i]);
    const kernelCounts = columnCounts(kernels[i]);
    let packed: PreparedGemm['packed'];
    if (wanted) {
      effectual += countWanted(rows[i], kernels[i], wanted.words);
      const plainTiles = Math.ceil(view.m / spec.rows) * Math.ceil(view.n / spec.cols);
      const columns = wantedRows(wanted);
      const packs = spec.sparseMemoryController && spec.reconfigurable;
      if (packs && packedTiles(columns, spec) < plainTiles) packed = columns;
    } else {
      for (let k = 0; k < view.k; k++) effectual += inputCounts[k] * kernelCounts[k];
    }
    const input = skipInput ? counted(rows[i], inputCounts) : allPresent(rows[i]);
    const kernel = skipKernel ? counted(kernels[i], kernelCounts) : allPresent(kernels[i]);
    return {
      input,
      kernel,
      sharedInputWords: sharedWords(input.counts, kernel.counts, spec.fanOut),
      sharedKernelWords: sharedWords(kernel.counts, input.counts, spec.fanOut),
      wanted: gathers ? wanted : undefined,
      packed,
    };
  });
  rememberEffectualMacs(work, effectual);
  const classes = views.length / work.nest.groups;
  const most = (tiles: (view: GemmView) => number) => Math.max(1, ...views.map(tiles));
  const [input, kernel] = gemmSides(work);
  const passes = {
    inputBytes: storedBytes(input, work, spec),
    kernelBytes: storedBytes(kernel, work, spec),
    inputPasses: Math.max(1, classes) * most((view) => Math.ceil(view.n / spec.cols)),
    kernelPasses: most((view) => Math.ceil((view.m * (work.phase === 'weightGradient' ? 1 : work.imageScale)) / spec.rows)),
  };
  return { work, gemms, effectual, passes };
}

/** How tiles grow from the sampled images to the batch: in forward and inputGradient it adds input rows, in weightGradient indices. */
export function growthOf({ phase, imageScale }: GemmWork, dataflow: Dataflow): Growth {
  const none = { tiles: 1, folds: 1, stretch: 1 };
  if (phase === 'weightGradient') return dataflow === 'OS' ? { ...none, stretch: imageScale } : { ...none, folds: imageScale };
  return dataflow === 'WS' ? { ...none, stretch: imageScale } : { ...none, tiles: imageScale };
}

/** Runs the GEMMs one after the other under one dataflow. */
export function executeGemms({ work, gemms }: PreparedGemms, dataflow: Dataflow, spec: AcfSpec): TileSums {
  const { rows, cols } = spec;
  const sums = tileSums(spec, growthOf(work, dataflow), dataflow === 'IS' ? rows : cols);
  for (const { input, kernel, wanted, packed } of gemms) {
    if (dataflow === 'WS') operandStationary(kernel, input, { lanes: cols, depth: rows }, sums);
    else if (dataflow === 'IS') operandStationary(input, kernel, { lanes: rows, depth: cols }, sums);
    else if (packed) packedOutputStationary(input.bits, kernel.bits, packed, sums);
    else outputStationary(input.bits, kernel.bits, wanted, sums);
  }
  return sums;
}

function bitRows(words: Uint32Array, rows: number, { k, wordsPerRow }: GemmView): BitRows {
  return { rows, cols: k, wordsPerRow, words };
}

function counted(bits: BitRows, counts: Uint32Array): PreparedOperand {
  return { bits, counts, rowCounts: countRows(bits) };
}

/** An operand whose zeros are not skipped. */
function allPresent({ rows, cols }: BitRows): PreparedOperand {
  return {
    bits: onesRows(rows, cols),
    counts: new Uint32Array(cols).fill(rows),
    rowCounts: new Uint32Array(rows).fill(cols),
  };
}

function sharedWords(sent: Uint32Array, takers: Uint32Array, fanOut: number): number {
  let words = 0;
  for (let k = 0; k < sent.length; k++) words += sent[k] * Math.ceil(takers[k] / fanOut);
  return words;
}

function density(operands: readonly BitRows[]): number {
  let ones = 0;
  let all = 0;
  for (const operand of operands) {
    ones += totalCount(operand);
    all += operand.rows * operand.cols;
  }
  return ones / all;
}

/** The wanted outputs of a view, or undefined when all are. */
function wantedOutputs({ m, n, wantedBits }: GemmView): BitRows | undefined {
  if (!wantedBits) return undefined;
  const wanted: BitRows = { rows: m, cols: n, wordsPerRow: Math.ceil(n / 32), words: wantedBits(0, m) };
  return totalCount(wanted) === m * n ? undefined : wanted;
}
