import { sizeOf } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { nestPhase } from '../nest-axes.js';
import { forEachNonzero } from './for-each-nonzero.js';
import { kernelPlanes, kernelRows } from './kernel-rows.js';
import { emptyLineWork, type LineWork } from './line-work.js';
import { lineMaps, rowPartners, tapsPerColumn } from './partners.js';

/**
 * Units of a forward or input gradient work over maps. No pair of elements is visited: row `y` of kernel `k` takes
 * sum over (c, r, s) of [W(k, c, r, s) is not zero] * #{x : A(c, y', x') is not zero}, of which the last factor is a histogram.
 */
export function gatherLineWork(work: GemmWork, multipliers: number): LineWork {
  const { nest } = work;
  const forward = nestPhase(nest, work.phase) === 'forward';
  const maps = lineMaps(nest, work.phase);
  const channels = forward ? nest.inChannels : nest.outChannels;
  const { hits, rowCounts, lineCounts } = lineHistograms(work, channels);
  const kernels = kernelRows(nest, kernelPlanes(nest, work.kernel.nonzeros.words, forward));
  const result = emptyLineWork(work, kernels.kernels);
  const partners = rowPartners(nest, maps);
  const tapRows = nest.kernelSize[0] * nest.kernelSize[1];
  const sourceRows = maps.source[0] * maps.source[1];
  const lineHits = channels * nest.kernelSize[2];
  const lines = result.rows * nest.batch;
  const sources = new Int32Array(tapRows);
  for (let line = 0; line < lines; line++) {
    const image = line % nest.batch;
    for (let tapRow = 0; tapRow < tapRows; tapRow++) {
      const row = partners[((line - image) / nest.batch) * tapRows + tapRow];
      sources[tapRow] = row < 0 ? -1 : image * sourceRows + row;
      if (row < 0) continue;
      result.coveredDense[line] += maps.source[2] * channels;
      result.covered[line] += lineCounts[sources[tapRow]];
    }
    for (let kernel = 0; kernel < kernels.kernels; kernel++) {
      let products = 0;
      let pairs = 0;
      let batches = 0;
      const end = kernels.rowStart[kernel + 1];
      for (let row = kernels.rowStart[kernel]; row < end; row++) {
        const source = sources[kernels.tapRow[row]];
        if (source < 0 || rowCounts[source * channels + kernels.channel[row]] === 0) continue;
        const from = source * lineHits;
        const lastEntry = kernels.entryStart[row + 1];
        let sum = 0;
        for (let entry = kernels.entryStart[row]; entry < lastEntry; entry++) sum += hits[from + kernels.entries[entry]];
        products += sum;
        pairs++;
        batches += Math.max(1, Math.ceil(sum / multipliers));
      }
      result.products[kernel * lines + line] = products;
      result.rowPairs[kernel * lines + line] = pairs;
      result.pairBatches[kernel * lines + line] = batches;
    }
  }
  return result;
}

/** Non-zeros per source line, and per line and channel; and under each width tap those that meet a target column: [line][channel][width tap]. */
function lineHistograms({ nest, phase, input }: GemmWork, channels: number) {
  const maps = lineMaps(nest, phase);
  const widthTaps = nest.kernelSize[2];
  const taps = tapsPerColumn(nest, maps);
  const sourceLines = nest.batch * maps.source[0] * maps.source[1];
  const lineCounts = new Uint32Array(sourceLines);
  const rowCounts = new Uint32Array(sourceLines * channels);
  const hits = new Uint32Array(sourceLines * channels * widthTaps);
  const width = maps.source[2];
  forEachNonzero(input.nonzeros.words, nest.batch * sizeOf(maps.source), channels, (pixel, channel) => {
    const line = Math.floor(pixel / width);
    const at = line * channels + channel;
    lineCounts[line]++;
    rowCounts[at]++;
    for (const tap of taps[pixel - line * width]) hits[at * widthTaps + tap]++;
  });
  return { hits, rowCounts, lineCounts };
}
