import { onesBits, popcount, sizeOf, wordsFor } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { forEachNonzero } from './for-each-nonzero.js';
import { kernelPlanes, kernelRows } from './kernel-rows.js';
import { emptyLineWork, type LineWork } from './line-work.js';
import { lineMaps, rowPartners } from './partners.js';

/**
 * Units of a weight gradient over maps: line `y` of the input side under output channel `k` takes the products of A(c, y, x) and
 * E(k, y', x') over all channels and taps whose gradient is wanted: the common ones of the row of A, shifted as the tap wants it, and
 * the row of E. Each wanted weight is one AND of bits per line.
 */
export function gradientLineWork(work: GemmWork, multipliers: number): LineWork {
  const { nest } = work;
  const { batch, inChannels, outChannels, kernelSize } = nest;
  const maps = lineMaps(nest, work.phase);
  const wanted = work.output?.nonzeros ?? onesBits([...kernelSize, inChannels / nest.groups, outChannels]);
  const kernels = kernelRows(nest, kernelPlanes(nest, wanted.words, true));
  const { shifted, y, xCounts, wordsPerRow } = rowPlanes(work);
  const result = emptyLineWork(work, outChannels);
  const partners = rowPartners(nest, maps);
  const [inRows, outRows] = [maps.target[0] * maps.target[1], maps.source[0] * maps.source[1]];
  const tapRows = kernelSize[0] * kernelSize[1];
  const lines = inRows * batch;
  const met = new Int32Array(tapRows);
  for (let line = 0; line < lines; line++) {
    const image = line % batch;
    const row = (line - image) / batch;
    const inLine = image * inRows + row;
    let covered = 0;
    for (let channel = 0; channel < inChannels; channel++) covered += xCounts[inLine * inChannels + channel];
    for (let tapRow = 0; tapRow < tapRows; tapRow++) {
      const outRow = partners[row * tapRows + tapRow];
      met[tapRow] = outRow < 0 ? -1 : image * outRows + outRow;
      if (outRow < 0) continue;
      result.covered[line] += covered;
      result.coveredDense[line] += maps.target[2] * inChannels;
    }
    const from = inLine * inChannels * kernelSize[2];
    for (let kernel = 0; kernel < outChannels; kernel++) {
      let [products, pairs, batches] = [0, 0, 0];
      const end = kernels.rowStart[kernel + 1];
      for (let r = kernels.rowStart[kernel]; r < end; r++) {
        const outLine = met[kernels.tapRow[r]];
        if (outLine < 0 || xCounts[inLine * inChannels + kernels.channel[r]] === 0) continue;
        const other = (outLine * outChannels + kernel) * wordsPerRow;
        if (isEmpty(y, other, wordsPerRow)) continue;
        let sum = 0;
        const lastEntry = kernels.entryStart[r + 1];
        for (let entry = kernels.entryStart[r]; entry < lastEntry; entry++) {
          const plane = (from + kernels.entries[entry]) * wordsPerRow;
          for (let word = 0; word < wordsPerRow; word++) sum += popcount(shifted[plane + word] & y[other + word]);
        }
        products += sum;
        pairs++;
        batches += Math.max(1, Math.ceil(sum / multipliers));
      }
      const unit = kernel * lines + line;
      result.products[unit] = products;
      result.rowPairs[unit] = pairs;
      result.pairBatches[unit] = batches;
    }
  }
  return result;
}

function isEmpty(words: Uint32Array, from: number, length: number): boolean {
  for (let i = from; i < from + length; i++) if (words[i] !== 0) return false;
  return true;
}

/** Rows of both sides as bits over the columns of the output side: [line][channel][width tap] of the input side, [line][channel] of the other. */
function rowPlanes(work: GemmWork) {
  const { nest } = work;
  const { batch, inChannels, outChannels, kernelSize } = nest;
  const [input, output] = nest.transposed ? [work.kernel, work.input] : [work.input, work.kernel];
  const maps = lineMaps(nest, work.phase);
  const [inWidth, outWidth] = [maps.target[2], maps.source[2]];
  const widthTaps = kernelSize[2];
  const wordsPerRow = wordsFor(outWidth);
  const inLines = batch * maps.target[0] * maps.target[1];
  const outLines = batch * maps.source[0] * maps.source[1];
  const xCounts = new Uint32Array(inLines * inChannels);
  const shifted = new Uint32Array(inLines * inChannels * widthTaps * wordsPerRow);
  forEachNonzero(input.nonzeros.words, batch * sizeOf(maps.target), inChannels, (pixel, channel) => {
    const line = Math.floor(pixel / inWidth);
    const at = line * inChannels + channel;
    xCounts[at]++;
    for (let tap = 0; tap < widthTaps; tap++) {
      const column = maps.partner(2, pixel - line * inWidth, tap);
      if (column >= 0) shifted[(at * widthTaps + tap) * wordsPerRow + (column >>> 5)] |= 1 << (column & 31);
    }
  });
  const y = new Uint32Array(outLines * outChannels * wordsPerRow);
  forEachNonzero(output.nonzeros.words, batch * sizeOf(maps.source), outChannels, (pixel, channel) => {
    const line = Math.floor(pixel / outWidth);
    const column = pixel - line * outWidth;
    y[(line * outChannels + channel) * wordsPerRow + (column >>> 5)] |= 1 << (column & 31);
  });
  return { shifted, y, xCounts, wordsPerRow };
}
