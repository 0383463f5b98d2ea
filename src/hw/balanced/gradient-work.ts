import { gradientLines } from '../../kernels/index.js';
import { onesBits } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { gemmSides } from '../gemm-sides.js';
import { kernelPlanes, kernelRows } from './kernel-rows.js';
import { linePlanes, lineRuns } from './line-planes.js';
import { type LineWork, linesOf } from './line-work.js';
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
  const [input, output] = gemmSides(work);
  const x = linePlanes(input.nonzeros, batch, maps.target, inChannels);
  const y = linePlanes(output.nonzeros, batch, maps.source, outChannels);
  const lines = linesOf(work, outChannels);
  const partners = rowPartners(nest, maps);
  const tapRows = kernelSize[0] * kernelSize[1];
  const offsets = Int32Array.from({ length: kernelSize[2] }, (_, tap) => tap * nest.dilation[2] - nest.padBefore[2]);
  const shifts = { stride: nest.stride[2], offsets };
  const { ones, ...sums } = gradientLines(kernels, lineRuns(partners, tapRows, batch), x, y, shifts, multipliers);
  for (let line = 0; line < lines.covered.length; line++) {
    const row = Math.floor(line / batch);
    for (let tapRow = 0; tapRow < tapRows; tapRow++) {
      if (partners[row * tapRows + tapRow] < 0) continue;
      lines.covered[line] += ones[line];
      lines.coveredDense[line] += maps.target[2] * inChannels;
    }
  }
  return { ...lines, ...sums };
}
