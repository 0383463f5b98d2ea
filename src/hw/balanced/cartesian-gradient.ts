import { popcount, readBits, sizeOf } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { gemmSides } from '../gemm-sides.js';
import { addLoad, type CartesianLoad, meet, noLoad } from './cartesian-load.js';
import { lineMaps, rowPartners } from './partners.js';
import type { Scnn001Spec } from './scnn001.js';
import { dealCopies, tileGrid } from './tile-grid.js';

/** Weight gradient: at each pair of pixels that meet under a tap, the non-zero channels of one meet those of the other. */
export function gradientLoads(work: GemmWork, spec: Scnn001Spec, loads: CartesianLoad[]): void {
  const { nest } = work;
  const { batch, groups, kernelSize } = nest;
  const [x, y] = gemmSides(work);
  const maps = lineMaps(nest, work.phase);
  const [inPixels, outPixels] = [sizeOf(maps.target), sizeOf(maps.source)];
  const xCounts = pixelCounts(x.nonzeros.words, batch * inPixels * groups, nest.inChannels / groups);
  const yCounts = pixelCounts(y.nonzeros.words, batch * outPixels * groups, nest.outChannels / groups);
  const [, , inWidth] = maps.target;
  const outWidth = maps.source[2];
  const grid = tileGrid(maps.target[0] * maps.target[1], inWidth, spec.torusRows, spec.torusCols);
  const partners = rowPartners(nest, maps);
  const tapRows = kernelSize[0] * kernelSize[1];
  for (let image = 0; image < batch; image++) {
    for (let tileRow = 0; tileRow < grid.tileRows; tileRow++) {
      for (let tileCol = 0; tileCol < grid.tileCols; tileCol++) {
        const own = { ...noLoad };
        for (let row = grid.rowBounds[tileRow]; row < grid.rowBounds[tileRow + 1]; row++) {
          for (let col = grid.colBounds[tileCol]; col < grid.colBounds[tileCol + 1]; col++) {
            const from = (image * inPixels + row * inWidth + col) * groups;
            for (let tap = 0; tap < tapRows * kernelSize[2]; tap++) {
              const outRow = partners[row * tapRows + Math.floor(tap / kernelSize[2])];
              const outCol = maps.partner(2, col, tap % kernelSize[2]);
              if (outRow < 0 || outCol < 0) continue;
              const to = (image * outPixels + outRow * outWidth + outCol) * groups;
              for (let group = 0; group < groups; group++) meet(own, xCounts[from + group], yCounts[to + group], spec);
            }
          }
        }
        dealCopies(image, work.imageScale, grid.groups).forEach((copies, group) => {
          addLoad(loads[grid.peOf(group, tileRow, tileCol)], own, copies);
        });
      }
    }
  }
}

/** Non-zeros of runs of `channels`. */
export function pixelCounts(words: Uint32Array, runs: number, channels: number): Uint32Array {
  const counts = new Uint32Array(runs);
  for (let run = 0; run < runs; run++) {
    for (let at = 0; at < channels; at += 32) {
      counts[run] += popcount(readBits(words, run * channels + at, Math.min(32, channels - at)));
    }
  }
  return counts;
}
