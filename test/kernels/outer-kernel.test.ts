import * as fc from 'fast-check';
import { createOuterKernel, outerReference } from 'tfjs-sparsity/kernels';
import { describe, expect, it } from 'vitest';
import { scnn } from '../../src/hw/index.js';
import type { ScnnSpec } from '../../src/hw/scnn/options.js';
import { outerKernel } from '../../src/hw/scnn/outer-kernel.js';
import { createRng } from '../../src/rng.js';

const size = (most: number) => fc.integer({ min: 1, max: most });

describe('the kernel of outer products', () => {
  it('adds up what the reference does, for all grids, places and bits, call after call', () => {
    fc.assert(
      fc.property(
        size(4),
        size(4),
        size(32),
        size(70),
        size(40),
        size(6),
        size(1e6),
        (I, F, banks, rows, filters, elements, seed) => {
          const rng = createRng(seed);
          const grid = { activationVector: I, weightVector: F, banks };
          const kernel = outerKernel(scnn(grid).spec as ScnnSpec);
          const random = (length: number, most: number) => Array.from({ length }, () => rng.integer(most));
          const places = {
            ...{ elements, together: 1 + rng.integer(filters) },
            ...{ elementOf: Uint16Array.from(random(rows, elements)), classOf: Uint8Array.from(random(rows, 8)) },
            classOfFilter: Uint8Array.from(random(filters, 8)),
          };
          for (const reductions of [1, 5]) {
            const filterStride = filters + rng.integer(9);
            const filterFrom = rng.integer(70);
            const words = (bits: number) => Uint32Array.from(random(Math.ceil(bits / 32), 2 ** 32));
            const bits = {
              ...{ reductions, filterFrom, filterStride, rows: words(32 * reductions * Math.ceil(rows / 32)) },
              filters: words(filterFrom + reductions * filterStride),
            };
            if (rows & 31) {
              const last = 2 ** (rows & 31) - 1;
              for (let at = Math.ceil(rows / 32); at <= bits.rows.length; at += Math.ceil(rows / 32)) bits.rows[at - 1] &= last;
            }
            expect(kernel.barriers(places, bits)).toEqual(outerReference(grid, places, bits));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('takes two cycles for two rows of one class and a filter, which share a bank', () => {
    const [none, once, twice] = [new Uint8Array(8), new Uint8Array(8).fill(1, 0, 1), new Uint8Array(8).fill(2, 0, 1)];
    const step = (set: number) => [set, ...new Array<number>(7).fill(-1)];
    const sets = {
      next: Int32Array.from([...step(1), ...step(2), ...step(-1)]),
      members: Uint8Array.from([...none, ...once, ...twice]),
    };
    const kernel = createOuterKernel({ activationVector: 2, weightVector: 2, banks: 32, outputs: sets, filters: sets });
    const zeros = Uint8Array.of(0, 0);
    const places = { elements: 2, together: 4, elementOf: Uint16Array.of(0, 0), classOf: zeros, classOfFilter: zeros };
    const bits = { reductions: 1, rows: Uint32Array.of(0b11), filters: Uint32Array.of(0b01), filterFrom: 0, filterStride: 2 };
    expect(kernel.barriers(places, bits)).toEqual({
      ...{ cycles: 2, waiting: 2, bricks: 1, conflicts: 1, products: 2, landed: 2, activationWords: 2, weightWords: 4 },
    });
  });
});
