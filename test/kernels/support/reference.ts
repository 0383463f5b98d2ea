import type { ElementOperation } from '../../../src/kernels/element-kernels.js';
import type { ConvGeometry } from '../../../src/kernels/geometry.js';

/**
 * The plain TypeScript meaning of every kernel: slow, obvious, accumulating in float64 and rounded once. Padding takes no part, so
 * that a NaN or an infinity reaches exactly the results it belongs to.
 *
 * @module
 */

/** The values a reference reads. */
export type Values = ArrayLike<number>;

/** Calls `visit(x, y, w)` with the pixel offsets of every product of a convolution, in elements without the channel. */
function eachProduct(g: ConvGeometry, visit: (xPixel: number, yPixel: number, tap: number) => void): void {
  for (let n = 0; n < g.batch; n++)
    for (let oh = 0; oh < g.outHeight; oh++)
      for (let ow = 0; ow < g.outWidth; ow++)
        for (let kh = 0; kh < g.kernelHeight; kh++)
          for (let kw = 0; kw < g.kernelWidth; kw++) {
            const ih = oh * g.strideHeight + kh * g.dilationHeight - g.padTop;
            const iw = ow * g.strideWidth + kw * g.dilationWidth - g.padLeft;
            if (ih < 0 || ih >= g.inHeight || iw < 0 || iw >= g.inWidth) continue;
            visit((n * g.inHeight + ih) * g.inWidth + iw, (n * g.outHeight + oh) * g.outWidth + ow, kh * g.kernelWidth + kw);
          }
}

/** y[pixel][co] = sum over taps and ci of x[pixel + tap][ci] w[tap][ci][co]. */
export function conv2dForwardReference(x: Values, w: Values, g: ConvGeometry): Float32Array {
  const y = new Float64Array(g.batch * g.outHeight * g.outWidth * g.outChannels);
  eachProduct(g, (xPixel, yPixel, tap) => {
    for (let ci = 0; ci < g.inChannels; ci++)
      for (let co = 0; co < g.outChannels; co++)
        y[yPixel * g.outChannels + co] += x[xPixel * g.inChannels + ci] * w[(tap * g.inChannels + ci) * g.outChannels + co];
  });
  return Float32Array.from(y);
}

/** dW[tap][ci][co] = sum over pixels of x[pixel + tap][ci] dy[pixel][co]. */
export function conv2dFilterGradientReference(x: Values, dy: Values, g: ConvGeometry): Float32Array {
  const dw = new Float64Array(g.kernelHeight * g.kernelWidth * g.inChannels * g.outChannels);
  eachProduct(g, (xPixel, yPixel, tap) => {
    for (let ci = 0; ci < g.inChannels; ci++)
      for (let co = 0; co < g.outChannels; co++)
        dw[(tap * g.inChannels + ci) * g.outChannels + co] += x[xPixel * g.inChannels + ci] * dy[yPixel * g.outChannels + co];
  });
  return Float32Array.from(dw);
}

/** dx[pixel + tap][ci] = sum over taps and co of dy[pixel][co] w[tap][ci][co]. */
export function conv2dInputGradientReference(dy: Values, w: Values, g: ConvGeometry): Float32Array {
  const dx = new Float64Array(g.batch * g.inHeight * g.inWidth * g.inChannels);
  eachProduct(g, (xPixel, yPixel, tap) => {
    for (let ci = 0; ci < g.inChannels; ci++)
      for (let co = 0; co < g.outChannels; co++)
        dx[xPixel * g.inChannels + ci] += dy[yPixel * g.outChannels + co] * w[(tap * g.inChannels + ci) * g.outChannels + co];
  });
  return Float32Array.from(dx);
}

/** dW[tap][c][m] = sum over pixels of x[pixel + tap][c] dy[pixel][c, m]; m counts the channel multiplier. */
export function depthwiseFilterGradientReference(x: Values, dy: Values, g: ConvGeometry): Float32Array {
  const multiplier = g.outChannels / g.inChannels;
  const dw = new Float64Array(g.kernelHeight * g.kernelWidth * g.outChannels);
  eachProduct(g, (xPixel, yPixel, tap) => {
    for (let co = 0; co < g.outChannels; co++)
      dw[tap * g.outChannels + co] += x[xPixel * g.inChannels + Math.floor(co / multiplier)] * dy[yPixel * g.outChannels + co];
  });
  return Float32Array.from(dw);
}

/** dx[pixel + tap][c] = sum over taps and m of dy[pixel][c, m] w[tap][c][m]. */
export function depthwiseInputGradientReference(dy: Values, w: Values, g: ConvGeometry): Float32Array {
  const multiplier = g.outChannels / g.inChannels;
  const dx = new Float64Array(g.batch * g.inHeight * g.inWidth * g.inChannels);
  eachProduct(g, (xPixel, yPixel, tap) => {
    for (let co = 0; co < g.outChannels; co++)
      dx[xPixel * g.inChannels + Math.floor(co / multiplier)] += dy[yPixel * g.outChannels + co] * w[tap * g.outChannels + co];
  });
  return Float32Array.from(dx);
}

/** dx: each dy goes to the first largest element of its window; a NaN is never the largest. */
export function maxPoolGradientReference(x: Values, dy: Values, g: ConvGeometry): Float32Array {
  const largest = new Float64Array(dy.length).fill(Number.NEGATIVE_INFINITY);
  const place = new Int32Array(dy.length).fill(-1);
  eachProduct(g, (xPixel, yPixel) => {
    for (let c = 0; c < g.inChannels; c++) {
      const value = x[xPixel * g.inChannels + c];
      const window = yPixel * g.inChannels + c;
      if (!(value > largest[window])) continue;
      largest[window] = value;
      place[window] = xPixel * g.inChannels + c;
    }
  });
  const dx = new Float64Array(x.length);
  for (let window = 0; window < dy.length; window++) if (place[window] >= 0) dx[place[window]] += dy[window];
  return Float32Array.from(dx);
}

/** out[s][:] = sum of the rows of x [rows][width] whose id is s; ids outside [0, segments) are ignored. */
export function segmentSumReference(x: Values, ids: Values, width: number, segments: number): Float64Array {
  const out = new Float64Array(segments * width);
  for (let row = 0; row < ids.length; row++) {
    const segment = ids[row];
    if (segment < 0 || segment >= segments) continue;
    for (let i = 0; i < width; i++) out[segment * width + i] += x[row * width + i];
  }
  return out;
}

/** C [m][n] = A B, with A stored [k][m] when `aTransposed` and B stored [n][k] when `bTransposed`. */
export function gemmReference(
  a: Values,
  b: Values,
  m: number,
  n: number,
  k: number,
  aTransposed = false,
  bTransposed = false,
): Float32Array {
  const c = new Float32Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[aTransposed ? p * m + i : i * k + p] * b[bTransposed ? j * k + p : p * n + j];
      c[i * n + j] = sum;
    }
  return c;
}

/** out[j] = sum over the rows of x [rows][width]. */
export function sumRowsReference(x: Values, width: number): Float32Array {
  const out = new Float64Array(width);
  for (let i = 0; i < x.length; i++) out[i % width] += x[i];
  return Float32Array.from(out);
}

/** out[j] = (x[j] - mean) factor + offset of the column of j. */
export function normaliseRowsReference(x: Values, mean: Values, factor: Values, offset: Values): Float32Array {
  return Float32Array.from(x, (value, i) => {
    const column = i % mean.length;
    return (value - mean[column]) * factor[column] + offset[column];
  });
}

/** [2][columns]: the sum of dy of each column, and that of dy (x - mean). */
export function normaliseSumsReference(x: Values, dy: Values, mean: Values): Float32Array {
  const sums = new Float64Array(2 * mean.length);
  for (let i = 0; i < x.length; i++) {
    const column = i % mean.length;
    sums[column] += dy[i];
    sums[mean.length + column] += dy[i] * (x[i] - mean[column]);
  }
  return Float32Array.from(sums);
}

const arithmetic: Readonly<Record<ElementOperation, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  multiplyStep: (a, b) => a * (b > 0 ? 1 : Number.isNaN(b) ? Number.NaN : 0),
};

/** out [rows][columns] = a operation b; `steps` are the elements that an operand moves on by from row to row and from column to column. */
export function combineReference(
  operation: ElementOperation,
  [a, b]: readonly [a: Values, b: Values],
  steps: readonly (readonly [row: number, column: number])[],
  rows: number,
  columns: number,
): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const [aAt, bAt] = steps.map(([row, column]) => Math.floor(i / columns) * row + (i % columns) * column);
    return arithmetic[operation](a[aAt], b[bAt]);
  });
}
