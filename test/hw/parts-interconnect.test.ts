import * as fc from 'fast-check';
import { benes, crossbar, fan, torus } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';

const sides = fc.integer({ min: 1, max: 7 });

describe('a torus', () => {
  it('has the hops of a search over its links, and a mean over all pairs that the formula gives', () => {
    fc.assert(
      fc.property(sides, sides, (rows, cols) => {
        const network = torus({ rows, cols });
        let all = 0;
        for (let from = 0; from < rows * cols; from++) {
          const distance = new Map([[from, 0]]);
          for (const node of distance.keys()) {
            for (const next of network.neighbours(node)) {
              if (!distance.has(next)) distance.set(next, (distance.get(node) ?? 0) + 1);
            }
          }
          for (const [to, hops] of distance) {
            expect(network.hops(from, to)).toBe(hops);
            all += hops;
          }
          expect(distance.size).toBe(rows * cols);
        }
        expect(network.meanHops).toBeCloseTo(all / (rows * cols) ** 2, 12);
      }),
    );
  });

  it('of 8x8 has a mean of 4 hops, 32 links across the middle and 7 for a multicast along a row', () => {
    expect(torus({ rows: 8, cols: 8 })).toMatchObject({ units: 64, meanHops: 4, bisectionLinks: 32, rowMulticastLinks: 7 });
    expect(torus({ rows: 9, cols: 9 }).meanHops).toBeCloseTo(80 / 18, 12);
  });

  it('is cut into halves across the links that a count finds', () => {
    fc.assert(
      fc.property(fc.constantFrom(2, 4, 6), fc.constantFrom(1, 2, 4, 6), (rows, cols) => {
        if (cols > rows) return;
        const network = torus({ rows, cols });
        let links = 0;
        for (let node = 0; node < rows * cols; node++) {
          const half = (other: number) => Math.floor(other / cols) < rows / 2;
          links += network.neighbours(node).filter((next) => half(next) !== half(node)).length;
        }
        expect(network.bisectionLinks).toBe(links);
      }),
    );
    expect(torus({ rows: 1, cols: 1 }).bisectionLinks).toBe(0);
  });

  it('takes eight cycles to a neighbour through two routers of four stages, and none to itself', () => {
    const { latencyCycles, neighbours } = torus({ rows: 8, cols: 8 });
    expect([latencyCycles(0), latencyCycles(1), latencyCycles(2)]).toEqual([0, 8, 12]);
    expect(neighbours(0)).toEqual([1, 7, 8, 56]);
    expect(torus({ rows: 8, cols: 8, routerStages: 1 }).latencyCycles(3)).toBe(4);
  });

  it('refuses 64 units on 9x9 without a map, and takes them with one', () => {
    expect(() => torus({ rows: 9, cols: 9, units: 64 })).toThrow(/units on a torus of 9x9: got 64, expected 81.*8x8 for 64/);
    const places = Array.from({ length: 64 }, (_, unit) => Math.floor(unit / 8) * 9 + (unit % 8));
    const network = torus({ rows: 9, cols: 9, units: 64, places });
    expect(network.hops(0, 7)).toBe(2); // over the empty column at the edge
    expect(network.neighbours(0)).toEqual([1, 8]);
    expect(() => torus({ rows: 2, cols: 2, units: 2, places: [1, 1] })).toThrow('expected 2 different nodes from 0 to 3');
    expect(() => network.hops(0, 64)).toThrow('unit of a torus: got 64, expected 0 to 63');
    expect(() => torus({ rows: 0, cols: 2 })).toThrow('rows of a torus: got 0');
  });
});

describe('the networks of SIGMA', () => {
  it('have a Benes network that is built of two of half the size between two columns of switches', () => {
    expect(benes(2)).toMatchObject({ stages: 1, switches: 1 });
    for (let ports = 4; ports <= 4096; ports *= 2) {
      const [whole, half] = [benes(ports), benes(ports / 2)];
      expect(whole.stages).toBe(half.stages + 2);
      expect(whole.switches).toBe(2 * half.switches + ports);
      expect([whole.publishedLatencyCycles, whole.stagedLatencyCycles]).toEqual([1, whole.stages]);
    }
    expect(benes(128)).toMatchObject({ stages: 13, switches: 832 });
  });

  it('have enough switches for every permutation: at least log2 n! settings', () => {
    for (const ports of [2, 4, 8, 16, 32]) {
      let permutations = 0;
      for (let n = 2; n <= ports; n++) permutations += Math.log2(n);
      expect(benes(ports).switches).toBeGreaterThanOrEqual(permutations);
    }
  });

  it('add up n leaves with n - 1 adders in as many levels as pairs of pairs take', () => {
    for (let leaves = 2; leaves <= 1024; leaves *= 2) {
      let [levels, adders] = [0, 0];
      for (let left = leaves; left > 1; left /= 2) {
        levels++;
        adders += left / 2;
      }
      expect(fan(leaves)).toEqual({ levels, adders, latencyCycles: levels });
    }
  });

  it('refuse what is no power of two', () => {
    expect(() => benes(100)).toThrow(/ports of a Benes network: got 100, expected a power of two of at least 2. Pass 128/);
    expect(() => benes(1)).toThrow('Pass 2');
    expect(() => fan(0)).toThrow('leaves of an adder network: got 0');
  });
});

describe('a crossbar', () => {
  it('delivers in the cycles that a greedy schedule takes, the fullest outputs first', () => {
    const deliveries = fc.array(fc.nat(12), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(deliveries, fc.integer({ min: 1, max: 6 }), (wordsTo, inputs) => {
        const left = [...wordsTo];
        let cycles = 0;
        for (; left.some((words) => words > 0); cycles++) {
          left.sort((a, b) => b - a);
          for (let output = 0; output < Math.min(inputs, left.length); output++) left[output] = Math.max(0, left[output] - 1);
        }
        expect(crossbar(inputs, wordsTo.length).deliveryCycles(wordsTo)).toBe(cycles);
      }),
    );
  });

  it('waits for the bank with the most words, or for its inputs', () => {
    expect(crossbar(16, 4).deliveryCycles([8, 3, 3, 2])).toBe(8);
    expect(crossbar(2, 4).deliveryCycles([3, 3, 3, 2])).toBe(6);
    expect(crossbar(16, 32).crosspoints).toBe(512);
    expect(() => crossbar(4, 4).deliveryCycles([1])).toThrow('outputs of a delivery: got 1, expected 4');
    expect(() => crossbar(0, 4)).toThrow('inputs of a crossbar: got 0');
  });
});
