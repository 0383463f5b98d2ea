import { gatherLines } from '../../kernels/index.js';
import type { GemmWork, LoopNest } from '../contracts.js';
import { nestPhase } from '../nest-axes.js';
import { kernelPlanes, kernelRows } from './kernel-rows.js';
import { linePlanes, lineRuns } from './line-planes.js';
import { type LineWork, linesOf } from './line-work.js';
import { type LineMaps, lineMaps, rowPartners, tapsPerColumn } from './partners.js';

/**
 * Units of a forward or input gradient work over maps. No pair of elements is visited: row `y` of kernel `k` takes
 * sum over (c, r, s) of [W(k, c, r, s) is not zero] * #{x : A(c, y', x') is not zero}, of which the last factor is a histogram.
 */
export function gatherLineWork(work: GemmWork, multipliers: number): LineWork {
  const { nest } = work;
  const forward = nestPhase(nest, work.phase) === 'forward';
  const maps = lineMaps(nest, work.phase);
  const channels = forward ? nest.inChannels : nest.outChannels;
  const kernels = kernelRows(nest, kernelPlanes(nest, work.kernel.nonzeros.words, forward));
  const lines = linesOf(work, kernels.kernels);
  const partners = rowPartners(nest, maps);
  const tapRows = nest.kernelSize[0] * nest.kernelSize[1];
  const map = linePlanes(work.input.nonzeros, nest.batch, maps.source, channels);
  const runs = lineRuns(partners, tapRows, nest.batch);
  const { ones, ...sums } = gatherLines(kernels, runs, map, tapMasks(nest, maps), lines.covered.length, multipliers);
  for (let line = 0; line < lines.covered.length; line++) {
    const image = line % nest.batch;
    const row = (line - image) / nest.batch;
    for (let tapRow = 0; tapRow < tapRows; tapRow++) {
      const source = partners[row * tapRows + tapRow];
      if (source < 0) continue;
      lines.coveredDense[line] += maps.source[2] * channels;
      lines.covered[line] += ones[source * nest.batch + image];
    }
  }
  return { ...lines, ...sums };
}

/** Source columns that meet a target column under each width tap, [tap][whole words of columns]. */
function tapMasks(nest: LoopNest, maps: LineMaps): Uint32Array {
  const words = Math.ceil(maps.source[2] / 32);
  const masks = new Uint32Array(nest.kernelSize[2] * words);
  tapsPerColumn(nest, maps).forEach((taps, column) => {
    for (const tap of taps) masks[tap * words + (column >>> 5)] |= 1 << (column & 31);
  });
  return masks;
}
