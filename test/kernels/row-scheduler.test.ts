import * as fc from 'fast-check';
import {
  type Connection,
  createRowScheduler,
  type FilterBits,
  type FilterSet,
  type ScheduleRule,
  scheduleSlots,
  setSlots,
} from 'tfjs-sparsity/kernels';
import { describe, expect, it } from 'vitest';
import { bernoulliBits, inScanOrder, tacticalConnections } from '../../src/hw/index.js';
import { createRng } from '../../src/rng.js';

const policies = fc.constantFrom('least-flexible-first' as const, 'most-flexible-first' as const, 'greedy' as const);

const anyRules: fc.Arbitrary<ScheduleRule> = fc
  .record({
    lanes: fc.constantFrom(1, 2, 5, 8, 16, 20),
    lookahead: fc.integer({ min: 0, max: 4 }),
    pairs: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: -7, max: 7 })), {
      maxLength: 9,
      selector: String,
    }),
    policy: policies,
    decoupled: fc.boolean(),
  })
  .map(({ lanes, lookahead, pairs, policy, decoupled }) => {
    const connections = pairs.filter(([ahead, aside]) => ahead <= lookahead && Math.abs(aside) < lanes);
    return { lanes, lookahead, connections: connections as Connection[], policy, decoupled };
  });

/** The tridents of eight inputs, which the kernel has constants for. */
const tridents: fc.Arbitrary<ScheduleRule> = fc
  .record({ lookahead: fc.integer({ min: 1, max: 4 }), policy: policies, decoupled: fc.boolean() })
  .map(({ lookahead, policy, decoupled }) => {
    const connections = inScanOrder(tacticalConnections('T', lookahead, 7 - lookahead), 'by-row');
    return { lanes: 16, lookahead, connections, policy, decoupled };
  });

/** The lanes aside of these tridents, with other rows ahead. */
const nearTridents: fc.Arbitrary<ScheduleRule> = fc
  .tuple(tridents, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 7, maxLength: 7 }))
  .map(([rule, aheads]) => {
    const connections = rule.connections.map(([, aside], i): Connection => [aheads[i], aside]);
    return { ...rule, lookahead: Math.max(...aheads), connections };
  })
  .filter(({ connections }) => new Set(connections.map(String)).size === connections.length);

interface LayerCase {
  readonly taps: number;
  readonly perTap: number;
  readonly filters: number;
  readonly density: number;
  readonly seed: number;
}

const layers: fc.Arbitrary<LayerCase> = fc.record({
  taps: fc.integer({ min: 1, max: 9 }),
  perTap: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(16, 32)),
  filters: fc.integer({ min: 1, max: 19 }),
  density: fc.constantFrom(0, 0.1, 0.3, 0.7, 1),
  seed: fc.integer(),
});

/** Random weights, 3 more filters than are asked for. */
function bitsOf({ taps, perTap, filters, density, seed }: LayerCase): FilterBits {
  const wordsPerFilter = Math.ceil((taps * perTap) / 32);
  const words = new Uint32Array((filters + 3) * wordsPerFilter);
  for (let filter = 0; filter < filters + 3; filter++) {
    words.set(bernoulliBits([taps * perTap], density, createRng(`${seed}/${filter}`)).words, filter * wordsPerFilter);
  }
  return { words, wordsPerFilter, taps: [...createRng(seed).permutation(taps)], perTap };
}

function slowRows(bits: FilterBits, set: FilterSet, rule: ScheduleRule): number[] {
  const filters = set.filters.length;
  const { issued } = scheduleSlots(setSlots(bits, set, rule.lanes), filters, rule);
  return set.filters.map((_, i) => issued.filter((_, at) => at % filters === i).reduce((sum, flag) => sum + flag, 0));
}

describe('the row scheduler', () => {
  it('issues the rows that the slow one issues, set after set, for all rules', () => {
    fc.assert(
      fc.property(fc.oneof(anyRules, tridents, nearTridents), fc.array(layers, { minLength: 1, maxLength: 2 }), (rule, all) => {
        const scheduler = createRowScheduler(rule);
        for (const layer of all) {
          const bits = bitsOf(layer);
          scheduler.load(bits);
          const narrow = Math.floor(rule.lanes / Math.min(rule.lanes, layer.perTap));
          const filters = Array.from({ length: layer.filters }, (_, i) => layer.filters + 2 - i);
          const spread = layer.perTap <= rule.lanes ? narrow : 1;
          const set = { filters, firstLanes: filters.map((_, i) => (i % spread) * layer.perTap) };
          expect([...scheduler.issuedRows(set)]).toEqual(slowRows(bits, set, rule));
        }
      }),
      { numRuns: 250 },
    );
  });

  it('takes sets of more filters than the kernel does the slow way', () => {
    const rule = { lanes: 4, lookahead: 1, connections: [[1, 0]], policy: 'greedy', decoupled: true } as const;
    const bits = bitsOf({ taps: 1, perTap: 8, filters: 300, density: 0.3, seed: 5 });
    const filters = Array.from({ length: 300 }, (_, i) => i);
    const set = { filters, firstLanes: filters.map(() => 0) };
    const scheduler = createRowScheduler(rule);
    scheduler.load(bits);
    expect([...scheduler.issuedRows(set)]).toEqual(slowRows(bits, set, rule));
  });

  it('skips at most lookahead rows before it issues one, also where all are empty', () => {
    const rule = { lanes: 16, lookahead: 2, connections: [[1, 0]], policy: 'greedy', decoupled: false } as const;
    const scheduler = createRowScheduler(rule);
    scheduler.load({ words: new Uint32Array(4), wordsPerFilter: 4, taps: [0, 1, 2, 3, 4, 5, 6], perTap: 16 });
    expect([...scheduler.issuedRows({ filters: [0], firstLanes: [0] })]).toEqual([2]); // rows 2 and 5 of seven
  });
});
