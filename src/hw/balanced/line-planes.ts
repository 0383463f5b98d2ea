import { type BitPlanes, type LineRuns, transposeBits } from '../../kernels/index.js';
import { sizeOf } from '../bits.js';
import type { BitTensor, Size3 } from '../contracts.js';

/** A map [images, ...size, channels] by channel, as the kernels that count lines read it; depth and height together are its rows. */
export function linePlanes({ words }: BitTensor, images: number, size: Size3, channels: number): BitPlanes {
  const planes = transposeBits(words, images * sizeOf(size), channels);
  return { words: planes, channels, images, rows: size[0] * size[1], width: size[2] };
}

/**
 * The lines that meet under each tap row, in runs as long as can be.
 *
 * @param partners source row of each [target row][tap row], -1 in the padding.
 */
export function lineRuns(partners: Int32Array, tapRows: number, images: number): LineRuns {
  const start = new Uint32Array(tapRows + 1);
  const runs: number[] = [];
  for (let tapRow = 0; tapRow < tapRows; tapRow++) {
    let [target, source, rows] = [0, 0, 0];
    const close = () => {
      if (rows > 0) runs.push(target * images, source * images, rows * images);
    };
    for (let row = 0; row * tapRows < partners.length; row++) {
      const partner = partners[row * tapRows + tapRow];
      if (partner < 0) continue;
      if (rows > 0 && row === target + rows && partner === source + rows) {
        rows++;
        continue;
      }
      close();
      [target, source, rows] = [row, partner, 1];
    }
    close();
    start[tapRow + 1] = runs.length / 3;
  }
  return { start, runs: Uint32Array.from(runs) };
}
