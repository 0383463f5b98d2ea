import * as fc from 'fast-check';
import {
  balanceRows,
  bestContiguous,
  evenSplit,
  foldHalfTiles,
  longestFirst,
  minimumSteal,
  type StealOptions,
  splitWork,
  stealWork,
  torus,
  workDeviation,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const works = fc.array(fc.oneof(fc.nat(9), fc.nat(1000), fc.constant(0)), { minLength: 1, maxLength: 40 });
const parts = fc.integer({ min: 1, max: 9 });

/** All ways to cut `rows` rows into contiguous parts, by brute force. */
function* allSplits(rows: number, count: number, from = 0): Generator<number[]> {
  if (count === 1) {
    yield [rows];
    return;
  }
  for (let end = from; end <= rows; end++) for (const rest of allSplits(rows, count - 1, end)) yield [end, ...rest];
}

describe('contiguous splits', () => {
  it('split evenly to within a row: 64 units in nine partitions are seven each, and eight in the last', () => {
    expect(evenSplit(64, 9)).toEqual([0, 7, 14, 21, 28, 35, 42, 49, 56, 64]);
    fc.assert(
      fc.property(fc.nat(300), parts, (rows, count) => {
        const sizes = splitWork(new Array(rows).fill(1), evenSplit(rows, count));
        expect(sum(sizes)).toBe(rows);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('have a smallest bottleneck that brute force does not beat', () => {
    const short = fc.array(fc.oneof(fc.nat(50), fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(short, fc.integer({ min: 1, max: 4 }), (work, count) => {
        const bounds = bestContiguous(work, count);
        expect(bounds.length).toBe(count + 1);
        expect([bounds[0], bounds[count]]).toEqual([0, work.length]);
        if (work.length >= count) expect(new Set(bounds).size).toBe(count + 1); // no part is empty
        expect([...bounds].sort((a, b) => a - b)).toEqual(bounds);
        const bottlenecks = [...allSplits(work.length, count)].map((ends) => Math.max(...splitWork(work, [0, ...ends])));
        expect(Math.max(...splitWork(work, bounds))).toBeCloseTo(Math.min(...bottlenecks), 12);
      }),
    );
  });

  it('have the smallest bottleneck by the unit where parts have units of their own, some too few for any row', () => {
    const short = fc.array(fc.oneof(fc.nat(50), fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(short, fc.array(fc.constantFrom(1, 2, 7, 8), { minLength: 1, maxLength: 4 }), (work, units) => {
        const bounds = bestContiguous(work, units);
        expect([bounds.length, bounds[0], bounds[units.length]]).toEqual([units.length + 1, 0, work.length]);
        const bottleneck = (split: readonly number[]) => Math.max(...splitWork(work, split).map((load, i) => load / units[i]));
        const bottlenecks = [...allSplits(work.length, units.length)].map((ends) => bottleneck([0, ...ends]));
        expect(bottleneck(bounds)).toBeCloseTo(Math.min(...bottlenecks), 12);
        expect(bottleneck(balanceRows({ work, dense: work }, units).bounds)).toBeGreaterThanOrEqual(bottleneck(bounds) - 1e-12);
      }),
    );
    expect(bestContiguous([1, 1, 5, 1], [3, 1, 3])).toEqual([0, 2, 2, 4]);
  });

  it('go by the units of the parts, by hand: a third of them has a third of the rows', () => {
    expect(evenSplit(64, [7, 7, 7, 7, 7, 7, 7, 7, 8])).toEqual([0, 7, 14, 21, 28, 35, 42, 49, 56, 64]);
    expect(evenSplit(9, [1, 2])).toEqual([0, 3, 9]);
    expect(evenSplit(9, [7, 7, 7, 7, 7, 7, 7, 7, 8])).toEqual(evenSplit(9, 9));
    const rows = { work: [3, 3, 3, 1, 1, 1, 1, 1, 1], dense: new Array<number>(9).fill(3) };
    // 9 | 6 of two units: a row of 3 leaves 6 | 9, 6 and 4.5 by the unit; the next would leave 3 | 12, as far apart.
    expect(balanceRows(rows, [1, 2])).toMatchObject({ bounds: [0, 2, 9], moves: 1 });
  });

  it('are bounded by it: neither the even split nor Procedure 1 beats it', () => {
    fc.assert(
      fc.property(works, parts, (work, count) => {
        const bottleneck = (bounds: readonly number[]) => Math.max(...splitWork(work, bounds));
        const best = bottleneck(bestContiguous(work, count));
        const rows = { work, dense: work.map(() => 1000) };
        for (const variant of ['literal', 'repaired'] as const) {
          expect(bottleneck(balanceRows(rows, count, { variant }).bounds)).toBeGreaterThanOrEqual(best);
        }
        expect(bottleneck(evenSplit(work.length, count))).toBeGreaterThanOrEqual(best);
      }),
    );
  });

  it('refuse no parts, and work that is no number or below zero', () => {
    expect(() => evenSplit(4, 0)).toThrow('parts of a split: got 0');
    expect(() => evenSplit(4, [2, 0])).toThrow('parts of a split: got [2,0], expected a number above 0 for each');
    expect(() => balanceRows({ work: [1], dense: [1] }, [])).toThrow('at least one');
    expect(() => bestContiguous([1, -1], 2)).toThrow('work 1 to balance: got -1');
    expect(() => longestFirst([1, Number.NaN], 2)).toThrow('work 1 to balance');
  });
});

describe('Procedure 1', () => {
  /** The probe of the ledger: 224 rows of smooth density from 0.15 to 0.65, nine partitions. */
  const smooth = (rows: number, kernelDensity: number) => ({
    work: Array.from(
      { length: rows },
      (_, r) => 1000 * kernelDensity * (0.4 + 0.25 * Math.sin((2 * Math.PI * (r + 0.5)) / rows)),
    ),
    dense: new Array<number>(rows).fill(1000),
  });
  const deviation = (rows: ReturnType<typeof smooth>, bounds: readonly number[]) => workDeviation(splitWork(rows.work, bounds));

  it('as printed moves nothing where kernels are sparse, for a density is seldom 0.1 from its neighbour', () => {
    for (const kernelDensity of [0.08, 0.5]) {
      const rows = smooth(224, kernelDensity);
      const literal = balanceRows(rows, 9, { variant: 'literal' });
      expect(literal).toEqual({ bounds: evenSplit(224, 9), iterations: 0, moves: 0, converged: true });
      expect(deviation(rows, literal.bounds)).toBeCloseTo(0.432, 3);
    }
  });

  it('as printed never ends with dense kernels, and leaves the work four times as uneven', () => {
    const rows = smooth(224, 1);
    const literal = balanceRows(rows, 9, { variant: 'literal' });
    expect(literal.converged).toBe(false);
    expect(deviation(rows, literal.bounds)).toBeGreaterThan(1.8);
  });

  it('on work ends with all neighbours within a tenth, whatever the kernel density, and more than halves the deviation', () => {
    const splits = [0.08, 0.5, 1].map((kernelDensity) => {
      const rows = smooth(224, kernelDensity);
      const repaired = balanceRows(rows, 9);
      expect(repaired.converged).toBe(true);
      expect(repaired.iterations).toBeLessThan(40);
      expect(deviation(rows, repaired.bounds)).toBeLessThan(0.2);
      return repaired.bounds;
    });
    expect(splits[1]).toEqual(splits[0]);
    expect(splits[2]).toEqual(splits[0]);
  });

  it('on work improves maps of 28 and 14 rows as well, where a row is worth more than the tolerance', () => {
    for (const count of [28, 14]) {
      const rows = smooth(count, 0.5);
      const { bounds, iterations } = balanceRows(rows, 9);
      expect(deviation(rows, bounds)).toBeLessThan(0.65 * deviation(rows, evenSplit(count, 9)));
      expect(iterations).toBeLessThan(10);
    }
  });

  it('keeps every row, never has a larger largest partition than the even split, and means what it says by converged', () => {
    fc.assert(
      fc.property(works, parts, (work, count) => {
        const rows = { work, dense: work.map(() => 1000) };
        const { bounds, iterations, converged } = balanceRows(rows, count);
        const even = evenSplit(work.length, count);
        const loads = splitWork(work, bounds);
        expect(sum(loads)).toBe(sum(work));
        expect(Math.max(...loads)).toBeLessThanOrEqual(Math.max(...splitWork(work, even)));
        expect(iterations).toBeLessThanOrEqual(4 * work.length);
        const apart = loads.slice(1).map((load, i) => Math.abs(load - loads[i]));
        if (converged) expect(Math.max(0, ...apart)).toBeLessThanOrEqual((0.1 * sum(work)) / count + 1e-9);
        for (let i = 0; i < count; i++) if (even[i + 1] > even[i]) expect(bounds[i + 1]).toBeGreaterThan(bounds[i]);
      }),
      { numRuns: 300 },
    );
  });

  it('splits as lists of rows do that hand rows to each other', () => {
    fc.assert(
      fc.property(works, parts, fc.constantFrom('literal' as const, 'repaired' as const), (work, count, variant) => {
        const dense = work.map((_, row) => 500 + 100 * (row % 3));
        const sizes = splitWork(new Array(work.length).fill(1), balanceRows({ work, dense }, count, { variant }).bounds);
        expect(sizes).toEqual(handRows(work, dense, count, variant));
      }),
      { numRuns: 300 },
    );
  });

  it('moves the border row by row, by hand: 9 1 1 | 1 1 1 becomes 9 | 1 1 1 1 1', () => {
    const rows = { work: [9, 1, 1, 1, 1, 1], dense: new Array<number>(6).fill(10) };
    expect(balanceRows(rows, 2)).toEqual({ bounds: [0, 1, 6], iterations: 3, moves: 2, converged: false });
    // Densities 11/30 and 3/30 differ by more than 0.1: the box moves the same rows, and its last row stays too.
    expect(balanceRows(rows, 2, { variant: 'literal' }).bounds).toEqual([0, 1, 6]);
  });

  it('refuses lists of two lengths, a variant that does not exist, and a tolerance that is no number of at least 0', () => {
    expect(() => balanceRows({ work: [1, 2], dense: [1] }, 2)).toThrow('rows with a number of all multiplications: got 1');
    expect(() => balanceRows({ work: [1], dense: [1] }, 1, { variant: 'lit' as 'literal' })).toThrow('Did you mean literal');
    for (const tolerance of [Number.NaN, -0.1, '10%' as unknown as number]) {
      expect(() => balanceRows({ work: [1], dense: [1] }, 1, { tolerance })).toThrow('tolerance of balanceRows: got');
    }
  });
});

describe('longest first and half tiles', () => {
  it('longest first is within 4/3 of the best of all assignments', () => {
    const pieces = fc.array(fc.nat(30), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 3 }), (work, units) => {
        let best = Infinity;
        for (let code = 0; code < units ** work.length; code++) {
          const loads = new Array<number>(units).fill(0);
          work.forEach((piece, i) => {
            loads[Math.floor(code / units ** i) % units] += piece;
          });
          best = Math.min(best, Math.max(...loads));
        }
        const { loads, unitOf } = longestFirst(work, units);
        expect(Math.max(...loads)).toBeLessThanOrEqual((4 / 3 - 1 / (3 * units)) * best + 1e-9);
        expect(loads).toEqual(loads.map((_, unit) => sum(work.filter((_, i) => unitOf[i] === unit))));
      }),
    );
  });

  it('longest first gives ties to the lower number: 4 and 2, 3 and 3', () => {
    expect(longestFirst([2, 3, 4, 3], 2)).toEqual({ unitOf: [0, 1, 0, 1], loads: [6, 6] });
    expect(longestFirst([1, 1, 1], 2)).toEqual({ unitOf: [0, 1, 0], loads: [2, 1] });
  });

  it('half tiles fold the densest on the sparsest, and are never worse than the densest with the second densest', () => {
    expect(foldHalfTiles([9, 8, 1, 2])).toEqual({ unitOf: [0, 1, 0, 1], loads: [10, 10] });
    fc.assert(
      fc.property(works, (half) => {
        const halves = [...half, ...half.map((work) => work + 1)];
        const { loads, unitOf } = foldHalfTiles(halves);
        expect(sum(loads)).toBe(sum(halves));
        for (let unit = 0; unit < loads.length; unit++) expect(unitOf.filter((other) => other === unit).length).toBe(2);
        const sorted = [...halves].sort((a, b) => b - a);
        expect(Math.max(...loads)).toBeLessThanOrEqual(sorted[0] + (sorted[1] ?? 0));
        expect(Math.max(...loads)).toBeGreaterThanOrEqual(sum(halves) / loads.length - 1e-9);
      }),
    );
    expect(() => foldHalfTiles([1, 2, 3])).toThrow('half tiles to fold: got 3, expected an even number');
  });
});

describe('Procedure 2', () => {
  const network = torus({ rows: 8, cols: 8 });
  const bounds = evenSplit(64, 9);
  const partitionOf = Array.from({ length: 64 }, (_, unit) => bounds.findIndex((_, i) => unit < bounds[i + 1]));
  const options: StealOptions = { network, partitionOf };

  /** Gaussian work, as the probes of the ledger have it. */
  function gaussian(mean: number, deviation: number, seed: number): number[] {
    const rng = createRng(seed);
    const draw = () => Math.sqrt(-2 * Math.log(1 - rng.uniform())) * Math.cos(2 * Math.PI * rng.uniform());
    return Array.from({ length: 64 }, () => Math.max(0, Math.round(mean * (1 + deviation * draw()))));
  }
  const mean = (measure: (seed: number) => number) => sum([1, 2, 3, 4].map(measure)) / 4;
  const before = (work: readonly number[]) => Math.max(...work.map((multiplications) => 10 * Math.ceil(multiplications / 16)));

  it('steals no fewer than 2, 3, 3 and 4: the smallest n with t + c < n t, as in Table I', () => {
    expect([minimumSteal(10, 8), minimumSteal(7, 8), minimumSteal(10, 16), minimumSteal(7, 16)]).toEqual([2, 3, 3, 4]);
    expect([minimumSteal(10, 10), minimumSteal(10, 20)]).toEqual([3, 4]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(100), (t, c) => {
        let n = 1;
        while (!(t + c < n * t)) n++;
        expect(minimumSteal(t, c)).toBe(n);
      }),
    );
  });

  it('by hand: of 60 batches of a neighbour the second unit takes 29 of the 59 that are not begun', () => {
    const stolen = stealWork([960, 0], { network: torus({ rows: 1, cols: 2 }), partitionOf: [0, 0] });
    expect(stolen).toEqual({
      executed: [496, 464],
      batches: [31, 29],
      communicationCycles: [0, 8],
      finishCycles: [310, 298],
      same: { steals: 1, multiplications: 464 },
      other: { steals: 0, multiplications: 0 },
    });
    const across = stealWork([960, 0], { network: torus({ rows: 1, cols: 2 }), partitionOf: [0, 1] });
    expect(across.finishCycles).toEqual([310, 306]);
    expect(across.other).toEqual({ steals: 1, multiplications: 464 });
  });

  it('leaves alone what the neighbour finishes earlier by itself', () => {
    const pair = { network: torus({ rows: 1, cols: 2 }), partitionOf: [0, 0] };
    expect(stealWork([18, 0], pair).executed).toEqual([16, 2]); // 18 cycles against 20
    expect(stealWork([17, 0], pair).executed).toEqual([17, 0]); // one left: too few
    expect(stealWork([18, 0], { ...pair, partitionOf: [0, 1] }).executed).toEqual([18, 0]); // two left: too few across partitions
    expect(stealWork([19, 0], { ...pair, partitionOf: [0, 1] }).executed).toEqual([19, 0]); // 26 cycles against 20
  });

  it('executes every multiplication once, is never later than without, and accounts for every cycle', () => {
    const sizes = fc.record({ rows: fc.integer({ min: 1, max: 4 }), cols: fc.integer({ min: 1, max: 4 }) });
    const costs = fc.record({
      multipliers: fc.constantFrom(1, 4, 16),
      batchCycles: fc.constantFrom(1, 10),
      sameCycles: fc.constantFrom(0, 8),
      otherCycles: fc.constantFrom(8, 16),
      amount: fc.constantFrom('half' as const, 'minimum' as const),
    });
    fc.assert(
      fc.property(sizes, costs, fc.infiniteStream(fc.oneof(fc.nat(20), fc.nat(2000))), (size, cost, stream) => {
        const work = Array.from({ length: size.rows * size.cols }, () => stream.next().value);
        const stolen = stealWork(work, { network: torus(size), partitionOf: work.map((_, unit) => unit % 2), ...cost });
        expect(sum([...stolen.executed])).toBe(sum(work));
        const alone = work.map((multiplications) => cost.batchCycles * Math.ceil(multiplications / cost.multipliers));
        expect(Math.max(...stolen.finishCycles)).toBeLessThanOrEqual(Math.max(...alone));
        stolen.finishCycles.forEach((cycles, unit) => {
          expect(cycles).toBe(stolen.batches[unit] * cost.batchCycles + stolen.communicationCycles[unit]);
          expect(stolen.batches[unit] * cost.multipliers).toBeGreaterThanOrEqual(stolen.executed[unit]);
        });
        const { same, other } = stolen;
        expect(sum([...stolen.communicationCycles])).toBe(same.steals * cost.sameCycles + other.steals * cost.otherCycles);
      }),
    );
  });

  it('ends as a simulation of every cycle ends', () => {
    const stream = fc.infiniteStream(fc.oneof(fc.nat(40), fc.nat(400)));
    fc.assert(
      fc.property(stream, fc.constantFrom('half' as const, 'minimum' as const), (numbers, amount) => {
        const size = { rows: 2, cols: 3 };
        const work = Array.from({ length: 6 }, () => numbers.next().value);
        const grid = torus(size);
        const groups = [0, 0, 1, 1, 2, 2];
        expect(stealWork(work, { network: grid, partitionOf: groups, amount }).executed).toEqual(
          everyCycle(work, grid, groups, amount),
        );
      }),
    );
  });

  it('levels a deviation of 0.045 to less than 0.02 when it steals half, and leaves most of it when it steals the minimum', () => {
    for (const work of [2000, 20_000]) {
      const half = mean((seed) => workDeviation(stealWork(gaussian(work, 0.045, seed), options).executed));
      const least = mean((seed) =>
        workDeviation(stealWork(gaussian(work, 0.045, seed), { ...options, amount: 'minimum' }).executed),
      );
      expect(half).toBeLessThan(0.02);
      expect(half).toBeGreaterThan(0.01);
      expect(least).toBeGreaterThan(0.03);
    }
  });

  it('needs the coarse level before it: from 0.19 it does not come below 0.03', () => {
    const uneven = mean((seed) => workDeviation(stealWork(gaussian(2000, 0.19, seed), options).executed));
    expect(uneven).toBeGreaterThan(0.03);
    expect(uneven).toBeLessThan(0.1);
  });

  it('shortens the longest unit, and hardly where a unit has a few batches only', () => {
    const ratio = (work: number) => (seed: number) => {
      const drawn = gaussian(work, 0.045, seed);
      return Math.max(...stealWork(drawn, options).finishCycles) / before(drawn);
    };
    expect(mean(ratio(2000))).toBeLessThan(0.96);
    expect(mean(ratio(200))).toBeGreaterThan(0.97);
  });

  it('refuses fractions, counts beyond 2^53, and units without a place, a partition or a known option', () => {
    const one = { network: torus({ rows: 1, cols: 1 }), partitionOf: [0] };
    expect(stealWork([100], one).finishCycles).toEqual([70]);
    expect(() => stealWork([1.5], one)).toThrow('multiplications of unit 0: got 1.5');
    expect(() => stealWork([2 ** 53], one)).toThrow('an integer from 0 to 2^53 - 1');
    expect(() => stealWork([1, 2], one)).toThrow('units on the network: got 1, expected 2');
    expect(() => stealWork([1], { ...one, partitionOf: [] })).toThrow('units with a partition: got 0, expected 1');
    expect(() => stealWork([1], { partitionOf: [0] } as unknown as StealOptions)).toThrow('units on the network: got undefined');
    expect(() => stealWork([1], { network: one.network } as unknown as StealOptions)).toThrow(
      'units with a partition: got undefined',
    );
    expect(() => stealWork([1], undefined as unknown as StealOptions)).toThrow('options of stealWork: got undefined');
    expect(() => stealWork([1], { ...one, multipliers: 0 })).toThrow('multipliers: got 0');
    expect(() => stealWork([1], { ...one, amount: 'hal' as 'half' })).toThrow('Did you mean half');
    expect(() => stealWork([1], { ...one, multiplier: 4 } as StealOptions)).toThrow('Did you mean multipliers');
  });
});

/** Procedure 1 on lists of rows: how many rows each partition has in the end. */
function handRows(work: readonly number[], dense: readonly number[], count: number, variant: 'literal' | 'repaired'): number[] {
  const even = evenSplit(work.length, count);
  const lists = Array.from({ length: count }, (_, i) => work.map((_, row) => row).slice(even[i], even[i + 1]));
  const history: { sizes: number[]; largest: number }[] = [];
  for (let pass = 0; ; pass++) {
    const totals = lists.map((rows) => sum(rows.map((row) => work[row])));
    const loads = totals.map((total, i) => total / (variant === 'literal' ? sum(lists[i].map((row) => dense[row])) || 1 : 1));
    const tolerance = variant === 'literal' ? 0.1 : (0.1 * sum(totals)) / count;
    const sizes = lists.map((rows) => rows.length);
    const again = history.some((past) => past.sizes.join() === sizes.join());
    history.push({ sizes, largest: Math.max(...loads) });
    const apart = loads.slice(1).map((load, i) => Math.abs(load - loads[i]) > tolerance);
    if (!apart.includes(true) || again || pass === 4 * work.length) break;
    for (let i = 0; i + 1 < count; i++) {
      const [upper, lower] = [lists[i], lists[i + 1]];
      const giver = loads[i] > loads[i + 1] ? upper : lower;
      if (giver.length < 2) continue;
      const row = giver === upper ? upper[upper.length - 1] : lower[0];
      if (variant === 'repaired' && (!apart[i] || work[row] >= Math.abs(loads[i] - loads[i + 1]))) continue;
      if (giver === upper) lower.unshift(...upper.splice(-1));
      else upper.push(...lower.splice(0, 1));
    }
  }
  if (variant === 'literal') return history[history.length - 1].sizes;
  const smallest = Math.min(...history.map(({ largest }) => largest));
  return history.findLast(({ largest }) => largest === smallest)?.sizes ?? [];
}

/** Procedure 2 one cycle after another, with the defaults of Table I for floating point. */
function everyCycle(
  work: readonly number[],
  network: ReturnType<typeof torus>,
  partitionOf: readonly number[],
  amount: 'half' | 'minimum',
): number[] {
  const units = work.map((own) => ({ own, busyUntil: 0, executed: 0, stopped: false }));
  for (let cycle = 0; units.some(({ stopped }) => !stopped); cycle++) {
    // First every unit with work of its own begins a batch, then those without look around.
    for (const unit of units) {
      if (unit.busyUntil > cycle || unit.own === 0) continue;
      const batch = Math.min(16, unit.own);
      unit.own -= batch;
      unit.executed += batch;
      unit.busyUntil = cycle + 10;
    }
    units.forEach((thief, id) => {
      if (thief.stopped || thief.busyUntil > cycle) return;
      const [victim] = network.neighbours(id).toSorted((a, b) => units[b].own - units[a].own || a - b);
      const same = partitionOf[victim] === partitionOf[id];
      const half = Math.floor(units[victim].own / 32) * 16;
      const take = amount === 'half' ? Math.max(same ? 2 : 3, half) : same ? 2 : 3;
      const done = cycle + (same ? 8 : 16) + 10 * Math.ceil(take / 16);
      const alone = units[victim].busyUntil + 10 * Math.ceil(units[victim].own / 16);
      if (take > units[victim].own || done > alone) {
        thief.stopped = true;
        return;
      }
      units[victim].own -= take;
      thief.executed += take;
      thief.busyUntil = done;
    });
  }
  return units.map(({ executed }) => executed);
}
