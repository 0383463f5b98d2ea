import { popcount, readBits, sizeOf } from '../bits.js';
import type { BitTensor, GemmWork } from '../contracts.js';
import { gemmShapes } from '../gemm-shapes.js';
import { nestPhase } from '../nest-axes.js';
import { bitmapBits } from '../parts/formats/bitmap.js';
import { lineMaps } from './partners.js';
import type { StoredTensor } from './stored-tensor.js';

/** The matrix that im2col makes of a map, as a bit map and its non-zeros: each value once per window that it is in. */
export function expandedBits(work: GemmWork, map: BitTensor, valueBits: number): StoredTensor {
  const { nest } = work;
  const backward = nestPhase(nest, work.phase) === 'inputGradient';
  const size = backward ? nest.outSize : nest.inSize;
  const channels = backward ? nest.outChannels : nest.inChannels;
  const [depth, height, width] = windowsPerCoordinate(work);
  const pixels = sizeOf(size);
  let nonzeros = 0;
  for (let image = 0; image < nest.batch; image++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const [z, y, x] = [Math.floor(pixel / (size[1] * size[2])), Math.floor(pixel / size[2]) % size[1], pixel % size[2]];
      const windows = depth[z] * height[y] * width[x] * work.imageScale;
      const from = (image * pixels + pixel) * channels;
      for (let at = 0; at < channels; at += 32) {
        nonzeros += windows * popcount(readBits(map.words, from + at, Math.min(32, channels - at)));
      }
    }
  }
  const elements = gemmShapes(nest, work.phase).reduce((sum, { m, k, groups }) => sum + m * k * groups, 0) * work.imageScale;
  const bits = bitmapBits(nonzeros, elements, { valueBits, indexBits: 0 });
  return { valueBits: bits - elements, indexBits: elements, elements, nonzeros, rows: { csr: 0, bitmap: 0 } };
}

/** Per axis and coordinate of the expanded map: windows that it is in. */
function windowsPerCoordinate({ nest, phase }: GemmWork): number[][] {
  const backward = nestPhase(nest, phase) === 'inputGradient';
  const { target, source, partner } = lineMaps(nest, backward ? phase : nest.transposed ? 'inputGradient' : 'forward');
  return [0, 1, 2].map((axis) => {
    const windows = new Array<number>(source[axis]).fill(0);
    for (let at = 0; at < target[axis]; at++) {
      for (let tap = 0; tap < nest.kernelSize[axis]; tap++) {
        const met = partner(axis, at, tap);
        if (met >= 0) windows[met]++;
      }
    }
    return windows;
  });
}
