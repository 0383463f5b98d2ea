import type { GemmWork } from '../contracts.js';
import { type ArraySums, arraySums } from './array-sums.js';
import { filterHash, outputHash } from './banks.js';
import { type BrickTimes, filterClass, outputClass } from './brick-times.js';
import { onesOf } from './ones-of.js';
import type { ScnnSpec } from './options.js';
import { type OuterProducts, outerProducts } from './outer-products.js';
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
  const { table, filterSets } = times;
  const [nextOutput, nextFilter] = [times.outputs.next, times.filters.next];
  const [elementOf, classOf] = [new Uint16Array(rows), new Uint8Array(rows)];
  for (let row = 0; row < rows; row++) {
    const [y, x] = [Math.floor(row / side), row % side];
    elementOf[row] = Math.floor(y / height.tile) * width.elements + Math.floor(x / width.tile);
    classOf[row] = outputClass(outputHash(y, 1) ^ outputHash(x, 2));
  }
  const classOfFilter = Uint8Array.from({ length: filters }, (_, filter) => filterClass(filterHash(firstFilter + filter)));
  const rowOnes = new Uint32Array(rows);
  const filterOnes = new Uint32Array(filters);
  const held = new Int32Array(elements); // activations of each element
  const lastVector = new Int32Array(elements); // of each element
  const vectorElement = new Int32Array(rows);
  const vectorSet = new Int32Array(rows);
  const filterVectors = new Int32Array(Math.ceil(filters / F));
  const elementCycles = new Int32Array(elements);

  for (let reduction = 0; reduction < products.reductions; reduction++) {
    const foundFilters = onesOf(products.filterBits(reduction), filters, filterOnes);
    if (foundFilters === 0) continue; // nothing is read for no filter
    const foundRows = onesOf(products.rowBits(reduction), rows, rowOnes);
    let vectors = 0;
    held.fill(0);
    for (let i = 0; i < foundRows; i++) {
      const row = rowOnes[i];
      const element = elementOf[row];
      if (held[element]++ % I === 0) {
        lastVector[element] = vectors;
        vectorElement[vectors] = element;
        vectorSet[vectors++] = 0;
      }
      const vector = lastVector[element];
      vectorSet[vector] = nextOutput[8 * vectorSet[vector] + classOf[row]];
    }
    for (let first = 0, from = 0; from < foundFilters; first += together) {
      let end = from;
      while (end < foundFilters && filterOnes[end] < first + together) end++;
      if (end === from) continue;
      const passVectors = Math.ceil((end - from) / F);
      filterVectors.fill(0, 0, passVectors);
      for (let i = from; i < end; i++) {
        const at = ((i - from) / F) | 0;
        filterVectors[at] = nextFilter[8 * filterVectors[at] + classOfFilter[filterOnes[i]]];
      }
      elementCycles.fill(0);
      let total = 0;
      for (let vector = 0; vector < vectors; vector++) {
        const row = vectorSet[vector] * filterSets;
        let cycles = 0;
        for (let i = 0; i < passVectors; i++) cycles += table[row + filterVectors[i]] || times.workOut(row + filterVectors[i]);
        elementCycles[vectorElement[vector]] += cycles;
        total += cycles;
      }
      let slowest = 0;
      for (const cycles of elementCycles) if (cycles > slowest) slowest = cycles;
      sums.cycles += slowest;
      sums.waiting += elements * slowest - total;
      sums.bricks += vectors * passVectors;
      sums.conflicts += total - vectors * passVectors;
      sums.products += foundRows * (end - from);
      sums.landed += foundRows * (end - from);
      sums.activationWords += vectors * I;
      sums.weightWords += elements * passVectors * F;
      from = end;
    }
  }
  sums.passes += Math.ceil(filters / together);
}
