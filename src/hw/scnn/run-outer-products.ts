import type { GemmWork } from '../contracts.js';
import { filterHash, outputHash } from './banks.js';
import { type ArraySums, arraySums } from './barrier.js';
import { type BrickTimes, filterClass, outputClass } from './brick-times.js';
import type { ScnnSpec } from './options.js';
import { type OuterProducts, onesOf, outerProducts } from './outer-products.js';
import { filtersPerPass } from './passes.js';
import { rowsPlaneAxis } from './plane-axis.js';

/**
 * Dense layers and weight gradients: pass by pass, a barrier per reduction index. The rows of the GEMM lie on a plane as square as can be,
 * row after row; every product lands, so that the time of a brick follows from how many of its outputs and filters share a bank.
 */
export function runOuterProducts(work: GemmWork, spec: ScnnSpec, times: BrickTimes): ArraySums {
  const sums = arraySums();
  for (const products of outerProducts(work)) addProducts(products, work.layer, spec, times, sums);
  sums.streams = 1;
  return sums;
}

function addProducts(products: OuterProducts, layer: string, spec: ScnnSpec, times: BrickTimes, sums: ArraySums): void {
  const { rows, filters, firstFilter } = products;
  const { activationVector: I, weightVector: F } = spec;
  const side = Math.ceil(Math.sqrt(rows));
  const height = rowsPlaneAxis(Math.ceil(rows / side), 1, spec);
  const width = rowsPlaneAxis(side, 2, spec);
  const together = filtersPerPass(height, width, spec, `layer ${layer}`);
  const elements = height.elements * width.elements;
  const [elementOf, classOf] = [new Uint16Array(rows), new Uint8Array(rows)];
  for (let row = 0; row < rows; row++) {
    const [y, x] = [Math.floor(row / side), row % side];
    elementOf[row] = Math.floor(y / height.tile) * width.elements + Math.floor(x / width.tile);
    classOf[row] = outputClass(outputHash(y, 1) ^ outputHash(x, 2));
  }
  const classOfFilter = Uint8Array.from({ length: filters }, (_, filter) => filterClass(filterHash(firstFilter + filter)));
  const vectors = Math.ceil((height.tile * width.tile) / I);
  const sets = new Int32Array(elements * vectors); // of each element's vectors of activations
  const counts = new Uint32Array(elements); // activations of each element
  const filterVectors = new Int32Array(Math.ceil(filters / F));
  const rowOnes = new Uint32Array(rows);
  const filterOnes = new Uint32Array(filters);

  for (let reduction = 0; reduction < products.reductions; reduction++) {
    const foundRows = onesOf(products.rowBits(reduction), rows, rowOnes);
    const foundFilters = onesOf(products.filterBits(reduction), filters, filterOnes);
    sets.fill(0);
    counts.fill(0);
    for (let i = 0; i < foundRows; i++) {
      const row = rowOnes[i];
      const element = elementOf[row];
      const at = element * vectors + Math.floor(counts[element]++ / I);
      sets[at] = times.outputs.next[8 * sets[at] + classOf[row]];
    }
    for (let first = 0, from = 0; first < filters; first += together) {
      let end = from;
      while (end < foundFilters && filterOnes[end] < first + together) end++;
      const passVectors = Math.ceil((end - from) / F);
      filterVectors.fill(0, 0, passVectors);
      for (let i = from; i < end; i++) {
        const at = Math.floor((i - from) / F);
        filterVectors[at] = times.filters.next[8 * filterVectors[at] + classOfFilter[filterOnes[i]]];
      }
      let slowest = 0;
      let total = 0;
      let bricks = 0;
      for (let element = 0; element < elements; element++) {
        const used = Math.ceil(counts[element] / I);
        let cycles = 0;
        for (let vector = 0; vector < used; vector++) {
          const timesOfSet = times.of(sets[element * vectors + vector]);
          for (let i = 0; i < passVectors; i++) cycles += timesOfSet[filterVectors[i]];
        }
        bricks += used * passVectors;
        total += cycles;
        if (cycles > slowest) slowest = cycles;
        sums.activationWords += used * I;
      }
      sums.cycles += slowest;
      sums.waiting += elements * slowest - total;
      sums.bricks += bricks;
      sums.conflicts += total - bricks;
      sums.products += foundRows * (end - from);
      sums.landed += foundRows * (end - from);
      sums.weightWords += elements * passVectors * F;
      from = end;
    }
  }
  sums.passes += Math.ceil(filters / together);
}
