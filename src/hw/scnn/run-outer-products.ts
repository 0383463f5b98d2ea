import type { OuterKernel, OuterPlaces } from '../../kernels/index.js';
import { wordsFor } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { type ArraySums, arraySums } from './array-sums.js';
import { filterHash, outputHash } from './banks.js';
import type { ScnnSpec } from './options.js';
import { filterClass, outputClass } from './outer-kernel.js';
import { type OuterProducts, outerProducts } from './outer-products.js';
import { filtersPerPass } from './passes.js';
import { rowsPlaneAxis } from './plane-axis.js';

/** Words of rows that are made at a time. */
const blockWords = 65_536;

/**
 * Dense layers and weight gradients: pass by pass, a barrier per reduction index. The rows of the GEMM lie on a plane as square as can be,
 * row after row; every product lands, so that the time of a brick follows from how many of its outputs and filters share a bank.
 */
export function runOuterProducts(work: GemmWork, spec: ScnnSpec, kernel: OuterKernel): ArraySums {
  const sums = arraySums();
  for (const products of outerProducts(work)) addProducts(products, work.layer, spec, kernel, sums);
  sums.streams = 1;
  return sums;
}

function addProducts(products: OuterProducts, layer: string, spec: ScnnSpec, kernel: OuterKernel, sums: ArraySums): void {
  const { rows, filters, reductions, filterBits, filterFrom, filterStride } = products;
  const places = placesOf(products, layer, spec);
  const block = Math.max(1, Math.floor(blockWords / wordsFor(rows)));
  for (let start = 0; start < reductions; start += block) {
    const count = Math.min(block, reductions - start);
    const from = filterFrom + start * filterStride;
    const [firstWord, endWord] = [from >>> 5, wordsFor(from + (count - 1) * filterStride + filters)];
    const added = kernel.barriers(places, {
      ...{ reductions: count, rows: products.rowBits(start, count) },
      ...{ filters: filterBits.subarray(firstWord, endWord), filterFrom: from - 32 * firstWord, filterStride },
    });
    for (const name of Object.keys(added) as (keyof typeof added)[]) sums[name] += added[name];
  }
  sums.passes += Math.ceil(filters / places.together);
}

function placesOf({ rows, filters, firstFilter }: OuterProducts, layer: string, spec: ScnnSpec): OuterPlaces {
  const side = Math.ceil(Math.sqrt(rows));
  const height = rowsPlaneAxis(Math.ceil(rows / side), 1, spec);
  const width = rowsPlaneAxis(side, 2, spec);
  const [elementOf, classOf] = [new Uint16Array(rows), new Uint8Array(rows)];
  for (let row = 0; row < rows; row++) {
    const [y, x] = [Math.floor(row / side), row % side];
    elementOf[row] = Math.floor(y / height.tile) * width.elements + Math.floor(x / width.tile);
    classOf[row] = outputClass(outputHash(y, 1) ^ outputHash(x, 2));
  }
  return {
    elements: height.elements * width.elements,
    together: filtersPerPass(height, width, spec, `layer ${layer}`),
    ...{ elementOf, classOf },
    classOfFilter: Uint8Array.from({ length: filters }, (_, filter) => filterClass(filterHash(firstFilter + filter))),
  };
}
