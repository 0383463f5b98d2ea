import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inScanOrder, scheduleWeights, tacticalConnections } from '../../src/hw/index.js';
import { rejectUnknownKeys } from './support/layer-cases.js';

/** A filter set as the peer scheduled it. */
interface ScheduleCase {
  readonly name?: string;
  readonly shape: 'L' | 'T';
  readonly h: number;
  readonly d: number;
  readonly lanes: number;
  readonly filters: number;
  readonly T: number;
  readonly input: readonly (readonly number[])[];
  readonly searchMap: readonly (readonly [number, number])[];
  readonly scheduled: readonly (readonly number[])[];
  /** Row and lane that each slot's weight comes from. */
  readonly source: readonly (readonly (readonly [number, number] | null)[])[];
  readonly keptRows: readonly number[];
  readonly cycles: number;
  readonly nnz: number;
}

const keys = 'name shape h d lanes filters T input searchMap scheduled source keptRows cycles nnz'.split(' ');
const folder = process.env.CONFORMANCE_DIR ?? fileURLToPath(new URL('cases', import.meta.url));
const cases: readonly ScheduleCase[] = JSON.parse(readFileSync(`${folder}/tactical-schedules.json`, 'utf8'));
const named = cases.map((test, i) => ({
  test,
  id: `${i}: ${test.shape}<${test.h},${test.d}> on ${test.lanes} lanes ${test.name ?? ''}`.trim(),
}));

describe('schedules against DNNsim', () => {
  it.each(named)('$id', ({ test }) => {
    rejectUnknownKeys('a schedule', test, keys);
    const { shape, h, d, lanes, filters, input, searchMap, scheduled, source, keptRows, cycles, nnz } = test;
    expect([input.length, input[0]?.length]).toEqual([test.T, filters * lanes]);
    const connections = inScanOrder(tacticalConnections(shape, h, d), 'by-row');
    expect(connections).toEqual(searchMap);
    const schedule = scheduleWeights(input, { lanes, lookahead: h, connections, policy: 'most-flexible-first' });
    expect([...schedule.weights]).toEqual(scheduled.flat());
    expect(schedule.weights.filter((weight) => weight !== 0)).toHaveLength(nnz);
    expect([...schedule.sourceRows]).toEqual(source.flat().map((from) => from?.[0] ?? -1));
    // A weight stays in its filter: its lane there says it all, whether the peer counts lanes from the filter or from the tile.
    const laneOf = (column: number) => (column === -1 ? -1 : column % lanes);
    expect([...schedule.sourceColumns].map(laneOf)).toEqual(source.flat().map((from) => laneOf(from?.[1] ?? -1)));
    for (const rows of schedule.issuedRows) expect(rows).toEqual(keptRows);
    expect(schedule.cycles).toBe(cycles);
  });
});
