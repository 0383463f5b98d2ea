import fc from 'fast-check';
import { inScanOrder, scheduleWeights, tacticalConnections, type WeightSchedule } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { createRng, type Rng } from '../../src/rng.js';

const policies = ['least-flexible-first', 'most-flexible-first', 'greedy'] as const;
const scans = ['by-row', 'lookahead-first', 'lookaside-first', 'listed'] as const;

/** Rows of small integers, some of them zero. */
function randomRows(rows: number, width: number, density: number, rng: Rng): number[][] {
  return Array.from({ length: rows }, () =>
    Array.from({ length: width }, () => (rng.uniform() < density ? 1 + rng.integer(9) : 0)),
  );
}

const cases = fc
  .record({
    lanes: fc.constantFrom(4, 8, 16),
    filters: fc.integer({ min: 1, max: 3 }),
    rows: fc.integer({ min: 0, max: 14 }),
    density: fc.constantFrom(0, 0.1, 0.3, 0.6, 1),
    shape: fc.constantFrom('L', 'T'),
    lookahead: fc.integer({ min: 1, max: 4 }),
    lookaside: fc.integer({ min: 0, max: 3 }),
    scan: fc.constantFrom(...scans),
    policy: fc.constantFrom(...policies),
    synchronise: fc.constantFrom('tile', 'pe'),
    seed: fc.integer(),
  })
  .map(({ lanes, filters, rows, density, shape, lookahead, lookaside, scan, policy, synchronise, seed }) => ({
    weights: randomRows(rows, filters * lanes, density, createRng(seed)),
    options: {
      ...{ lanes, lookahead, policy, synchronise },
      connections: inScanOrder(tacticalConnections(shape, lookahead, lookaside), scan),
    },
    seed,
  }));

/** The slots that hold a weight, with what they hold and where it stood. */
function moves({ weights, sourceRows, sourceColumns }: WeightSchedule, width: number) {
  return [...weights.keys()]
    .filter((slot) => sourceRows[slot] !== -1)
    .map((slot) => ({
      row: Math.floor(slot / width),
      column: slot % width,
      weight: weights[slot],
      sourceRow: sourceRows[slot],
      sourceColumn: sourceColumns[slot],
    }));
}

describe('a schedule', () => {
  it('keeps every weight, moves it over one connection at most, and issues the row that it stands in', () => {
    fc.assert(
      fc.property(cases, ({ weights, options }) => {
        const width = weights[0]?.length ?? options.lanes;
        const schedule = scheduleWeights(weights, options);
        const all = moves(schedule, width);
        const sources = all.map(({ sourceRow, sourceColumn }) => sourceRow * width + sourceColumn);
        expect(new Set(sources).size).toBe(all.length);
        expect(all.length).toBe(weights.flat().filter((weight) => weight !== 0).length);
        for (const { row, column, weight, sourceRow, sourceColumn } of all) {
          expect(weight).toBe(weights[sourceRow][sourceColumn]);
          const filter = Math.floor(column / options.lanes);
          expect(Math.floor(sourceColumn / options.lanes)).toBe(filter);
          expect(schedule.issuedRows[filter]).toContain(row);
          if (row === sourceRow) expect(column).toBe(sourceColumn);
          else {
            const aside = (((sourceColumn - column) % options.lanes) + options.lanes) % options.lanes;
            const legal = options.connections.some(
              ([ahead, lanes]) => ahead === sourceRow - row && (lanes - aside) % options.lanes === 0,
            );
            expect(legal).toBe(true);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('takes no more rows than there are, no fewer than whole windows of lookahead + 1, and all of them where nothing is zero', () => {
    fc.assert(
      fc.property(cases, ({ weights, options }) => {
        const { cycles, issuedRows, sourceRows } = scheduleWeights(weights, options);
        expect(cycles).toBeLessThanOrEqual(weights.length);
        for (const rows of issuedRows)
          expect(rows.length).toBeGreaterThanOrEqual(Math.floor(weights.length / (options.lookahead + 1)));
        if (weights.flat().includes(0)) return;
        expect(cycles).toBe(weights.length);
        const width = weights[0]?.length ?? 1;
        expect([...sourceRows]).toEqual([...sourceRows.keys()].map((slot) => Math.floor(slot / width)));
      }),
      { numRuns: 100 },
    );
  });

  it('computes the dot products of the dense rows from the window of activations that it holds', () => {
    fc.assert(
      fc.property(cases, ({ weights, options, seed }) => {
        const { lanes, lookahead } = options;
        const width = weights[0]?.length ?? lanes;
        const rng = createRng(`activations/${seed}`);
        const activations = weights.map(() => Array.from({ length: lanes }, () => rng.integer(100)));
        const dense = new Array<number>(width / lanes).fill(0);
        weights.forEach((row, r) => {
          row.forEach((weight, column) => {
            dense[Math.floor(column / lanes)] += weight * activations[r][column % lanes];
          });
        });
        const found = new Array<number>(width / lanes).fill(0);
        for (const { row, column, weight, sourceRow, sourceColumn } of moves(scheduleWeights(weights, options), width)) {
          expect(sourceRow - row).toBeLessThanOrEqual(lookahead);
          found[Math.floor(column / lanes)] += weight * activations[sourceRow][sourceColumn % lanes];
        }
        expect(found).toEqual(dense);
      }),
      { numRuns: 100 },
    );
  });

  it('worked out by hand: two half rows are one, full rows stay, and of six rows behind five empty ones two are issued (ledger A10)', () => {
    const ahead = { lanes: 4, lookahead: 1, connections: [[1, 0]] } as const;
    const halves = scheduleWeights(
      [
        [1, 0, 2, 0],
        [0, 3, 0, 4],
      ],
      ahead,
    );
    expect([halves.cycles, [...halves.weights]]).toEqual([1, [1, 3, 2, 4, 0, 0, 0, 0]]);
    expect([...halves.sourceRows]).toEqual([0, 1, 0, 1, -1, -1, -1, -1]);
    const full = [1, 1, 1, 1];
    expect(scheduleWeights([full, full], ahead).cycles).toBe(2);
    const none = [0, 0, 0, 0];
    const late = scheduleWeights([none, none, none, none, none, full], { ...ahead, lookahead: 2 });
    expect(late.issuedRows).toEqual([[2, 5]]);
    expect(scheduleWeights([none, none, none, none, none], { ...ahead, lookahead: 2 }).issuedRows).toEqual([[2]]); // 3 and 4 are skipped
  });

  it('goes around the lanes of one filter, not on to the next (ledger A11)', () => {
    const options = { lanes: 4, lookahead: 1, connections: [[1, 1]] } as const;
    const { weights, sourceColumns } = scheduleWeights(
      [
        [1, 1, 1, 0, 1, 1, 1, 1],
        [7, 0, 0, 0, 9, 0, 0, 0],
      ],
      options,
    );
    expect([weights[3], sourceColumns[3]]).toEqual([7, 0]);
  });

  it('gives the slot with the fewest sources, or with the most, or the lowest one the first choice', () => {
    // Slot 0 can take the weights of lanes 0 and 1, slot 1 that of lane 1 only.
    const rows = [
      [0, 0, 1, 1],
      [5, 6, 0, 0],
    ];
    const connections = [
      [1, 1],
      [1, 0],
    ] as const;
    const first = (policy: (typeof policies)[number]) => [
      ...scheduleWeights(rows, { lanes: 4, lookahead: 1, connections, policy }).weights.slice(0, 2),
    ];
    expect(first('least-flexible-first')).toEqual([5, 6]);
    expect(first('most-flexible-first')).toEqual([6, 0]);
    expect(first('greedy')).toEqual([6, 0]);
  });

  it('of the filters of a tile together is issued where one has a weight, of processing elements alone only for that one', () => {
    const rows = [
      [0, 0, 1, 1],
      [1, 1, 1, 1],
    ];
    const options = { lanes: 2, lookahead: 1, connections: [] };
    expect(scheduleWeights(rows, options).issuedRows).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(scheduleWeights(rows, { ...options, synchronise: 'pe' }).issuedRows).toEqual([[1], [0, 1]]);
  });

  it('by the heuristic is on average no longer than by any greedy order, over many random matrices', () => {
    const rng = createRng('heuristic');
    const connections = tacticalConnections('T', 2, 5);
    const totals = new Map<string, number>();
    for (let i = 0; i < 40; i++) {
      const rows = randomRows(36, 64, 0.2 + 0.1 * (i % 5), rng);
      for (const scan of scans) {
        for (const policy of ['least-flexible-first', 'greedy'] as const) {
          const order = inScanOrder(connections, scan);
          const { cycles } = scheduleWeights(rows, { lanes: 16, lookahead: 2, connections: order, policy });
          totals.set(`${policy} ${scan}`, (totals.get(`${policy} ${scan}`) ?? 0) + cycles);
        }
      }
    }
    const of = (policy: string) => scans.map((scan) => totals.get(`${policy} ${scan}`) as number);
    of('greedy').forEach((greedy, i) => {
      expect(of('least-flexible-first')[i]).toBeLessThan(greedy);
    });
  });

  const options = { lanes: 4, lookahead: 2, connections: [[1, 0]] } as const;
  it.each<[string, () => unknown, string]>([
    [
      'whose lanes do not divide its rows',
      () => scheduleWeights([[1, 2, 3]], options),
      'slots in a row of weights: got 3, expected a multiple of 4 lanes. Fill the row up with zeros to a multiple of 4.',
    ],
    [
      'of rows of several lengths',
      () => scheduleWeights([[1, 2, 3, 4], [1]], options),
      'row 1 of weights: got 1, expected 4 slots, as row 0 has',
    ],
    [
      'of a weight that is no number',
      () => scheduleWeights([[1, Number.NaN, 3, 4]], options),
      'weight 1 of row 0: got NaN, expected a finite number',
    ],
    [
      'that leaves the window',
      () => scheduleWeights([[1, 2, 3, 4]], { ...options, connections: [[3, 0]] }),
      'expected 1 to 2 rows ahead, the window of the lookahead: [3, 0] leaves it',
    ],
    [
      'that goes around the lanes',
      () => scheduleWeights([[1, 2, 3, 4]], { ...options, connections: [[1, -4]] }),
      'expected fewer than 4 lanes aside, as a filter has: [1, -4] goes around',
    ],
    [
      'with a connection twice',
      () =>
        scheduleWeights([[1, 2, 3, 4]], {
          ...options,
          connections: [
            [1, 1],
            [1, 1],
          ],
        }),
      'expected each connection once: [1, 1] is there twice',
    ],
    [
      'with two connections that are one source around the lanes',
      () =>
        scheduleWeights([[1, 2, 3, 4]], {
          ...options,
          connections: [
            [1, 1],
            [2, 1],
            [1, -3],
          ],
        }),
      'expected each source once: around 4 lanes [1, -3] is [1, 1]. Leave it out',
    ],
    ...[1.5, -1, Number.NaN].map(
      (lookahead) =>
        [
          `with a lookahead of ${lookahead}`,
          () => scheduleWeights([[1, 2, 3, 4]], { ...options, connections: [], lookahead }),
          `lookahead of a schedule: got ${lookahead}, expected an integer from 0`,
        ] as [string, () => unknown, string],
    ),
    [
      'with half a connection',
      () => scheduleWeights([[1, 2, 3, 4]], { ...options, connections: [[0.5, 1]] }),
      'expected integers, not [0.5, 1]',
    ],
    [
      'without connections',
      () => scheduleWeights([[1, 2, 3, 4]], { lanes: 4, lookahead: 1 } as never),
      'connections of a schedule: got undefined, expected a list of [rows ahead, lanes aside]. Pass those of tacticalConnections',
    ],
    [
      'with a connection that is no pair',
      () => scheduleWeights([[1, 2, 3, 4]], { ...options, connections: [1, 0] as never }),
      'got [1,0], expected a list of [rows ahead, lanes aside]',
    ],
    ['without options', () => scheduleWeights([[1, 2, 3, 4]], undefined as never), 'options of scheduleWeights: got undefined'],
    ['without lanes', () => scheduleWeights([[1]], { ...options, lanes: 0 }), 'lanes of a schedule: got 0'],
    [
      'by an unknown policy',
      () => scheduleWeights([[1, 2, 3, 4]], { ...options, policy: 'gredy' as 'greedy' }),
      'policy of a schedule: got gredy',
    ],
    [
      'by an unknown synchronisation',
      () => scheduleWeights([[1, 2, 3, 4]], { ...options, synchronise: 'array' as 'pe' }),
      'synchronise of a schedule: got array',
    ],
  ])('%s is refused', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
