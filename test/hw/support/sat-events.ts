import { type GemmWork, getBit, lowerGemm } from 'tfjs-sparsity/hw';
import type { SatSpec } from '../../../src/hw/sat/options.js';

/** What each USPE did in each cycle, added up, and the cycles of array and SORE. */
export interface SatEvents {
  readonly cycles: number;
  readonly useful: number;
  readonly ineffectual: number;
  readonly underfilled: number;
  readonly accumulation: number;
  readonly fill: number;
  readonly soreCycles: number;
  readonly sparse: string;
  readonly mapping: Mapping;
}

/** A GEMM as matrices of booleans. */
interface Matrices {
  readonly rows: readonly (readonly boolean[])[];
  readonly columns: readonly (readonly boolean[])[];
  readonly wanted: (row: number, column: number) => boolean;
}

interface Group {
  readonly start: number;
  readonly size: number;
}

/** Which operand is compact, and for some columns how many slots a group has. */
interface Form {
  readonly sparse: string;
  readonly slots: (gemm: Matrices, columns: readonly number[], group: Group) => number;
  readonly soreCycles: number;
}

interface Mapping {
  readonly dataflow: 'WS' | 'OS';
  readonly along: 'rows' | 'columns';
}

const mappings: readonly Mapping[] = [
  { dataflow: 'WS', along: 'rows' },
  { dataflow: 'OS', along: 'rows' },
  { dataflow: 'OS', along: 'columns' },
];

/**
 * A work on SAT, USPE by USPE and cycle by cycle, in every form and mapping. GEMMs come lowered: that is tested by itself.
 */
export function satEvents(work: GemmWork, spec: SatSpec): SatEvents {
  const gemms = lowerGemm(work).map((view): Matrices => {
    const bits = (words: Uint32Array, count: number) =>
      Array.from({ length: count }, (_, i) =>
        Array.from({ length: view.k }, (_, at) => getBit({ shape: [], words }, i * view.wordsPerRow * 32 + at)),
      );
    const wanted = (row: number, column: number) =>
      view.wantedBits === undefined || getBit({ shape: [], words: view.wantedBits(row, 1) }, column);
    return { rows: bits(view.rowBits(0, view.m), view.m), columns: bits(view.kernelRows(), view.n), wanted };
  });
  const channels = work.phase === 'weightGradient' ? gemms[0].columns[0].length : channelsOf(work);
  const allowed = mappings.filter(({ dataflow }) => spec.dataflow === 'best' || spec.dataflow === dataflow);
  const inForm = (form: Form, choices: readonly Mapping[]) => choices.map((mapping) => run(gemms, channels, mapping, form, spec));
  const dense: Form = { sparse: 'none', slots: (_, __, { size }) => size, soreCycles: 0 };
  const denseRuns = inForm(dense, allowed);
  const bestDense = fastest(denseRuns);
  const forms = formsOf(work, gemms, channels, spec);
  const sparse = forms.flatMap((form) => inForm(form, form.sparse === 'part of W' ? [bestDense.mapping] : allowed));
  return fastest([...sparse, bestDense]);
}

function fastest(runs: readonly SatEvents[]): SatEvents {
  const total = ({ cycles, soreCycles }: SatEvents) => cycles + soreCycles;
  const least = Math.min(...runs.map(total));
  return runs.find((one) => total(one) === least) as SatEvents;
}

function channelsOf({ nest, phase }: GemmWork): number {
  return ((phase === 'forward') === nest.transposed ? nest.outChannels : nest.inChannels) / nest.groups;
}

function formsOf(work: GemmWork, gemms: readonly Matrices[], channels: number, spec: SatSpec): Form[] {
  const { n, preGeneration } = spec;
  if (work.phase === 'weightGradient') return [];
  const least = (size: number) => Math.min(n, size);
  const overIn = (lane: readonly boolean[], { start, size }: Group) => lane.slice(start, start + size).filter(Boolean).length > n;
  const groupsOf = (gemm: Matrices) => groupsAlong(gemm.columns[0].length, channels, spec.m);
  if (gemms.every((gemm) => groupsOf(gemm).every(({ size }) => size <= n))) return [];
  const compact: Form['slots'] = (_, __, { size }) => least(size);

  const kernelGroups = gemms.flatMap((gemm) =>
    gemm.columns.flatMap((column) => groupsOf(gemm).map((group) => ({ ...group, isOver: overIn(column, group) }))),
  );
  const { words, shape } = work.input.nonzeros;
  const elements = shape.reduce((a, b) => a * b, 1);
  const mapLanes = Array.from({ length: elements / channels }, (_, run) =>
    Array.from({ length: channels }, (_, at) => getBit({ shape, words }, run * channels + at)),
  );
  const mapGroups = mapLanes.flatMap((lane) => groupsAlong(channels, channels, spec.m).map((group) => overIn(lane, group)));

  const forms: Form[] = [];
  if (kernelGroups.every(({ isOver }) => !isOver)) {
    forms.push({ sparse: 'W', slots: compact, soreCycles: preGeneration ? 0 : soreCycles(kernelGroups.length, spec) });
  } else if (preGeneration && kernelGroups.some(({ size, isOver }) => size > n && !isOver)) {
    const slots: Form['slots'] = (gemm, columns, group) =>
      columns.some((column) => overIn(gemm.columns[column], group)) ? group.size : least(group.size);
    forms.push({ sparse: 'part of W', slots, soreCycles: 0 });
  }
  if (work.phase === 'inputGradient' && !mapGroups.includes(true)) {
    forms.push({ sparse: 'E', slots: compact, soreCycles: soreCycles(mapGroups.length, spec) });
  }
  return forms;
}

/** Groups of `m` channels of one tap each. */
function groupsAlong(k: number, channels: number, m: number): Group[] {
  const groups: Group[] = [];
  for (let tap = 0; tap < k; tap += channels) {
    for (let place = 0; place < channels; place += m) groups.push({ start: tap + place, size: Math.min(m, channels - place) });
  }
  return groups;
}

function soreCycles(groups: number, { soreLanes, m }: SatSpec): number {
  let cycles = 0;
  for (let waiting = groups; waiting > 0; waiting -= soreLanes) cycles += m;
  return cycles;
}

function run(gemms: readonly Matrices[], channels: number, mapping: Mapping, form: Form, spec: SatSpec): SatEvents {
  const counts = { cycles: 0, useful: 0, ineffectual: 0, underfilled: 0, accumulation: 0, fill: 0 };
  for (const gemm of gemms) {
    const width = mapping.dataflow === 'OS' && mapping.along === 'columns' ? spec.cols * spec.interleave : spec.cols;
    for (const block of cut(range(gemm.columns.length), width)) {
      const groups = groupsAlong(gemm.columns[0].length, channels, spec.m);
      const slots = groups.flatMap((group) => {
        const count = form.slots(gemm, block, group);
        return range(count).map((place) => ({ group, place, isDense: count === group.size }));
      });
      if (mapping.dataflow === 'WS') for (const held of cut(slots, spec.rows)) weightFold(gemm, block, held, form, spec, counts);
      else for (const tiles of turns(gemm, block, mapping, spec)) outputFold(gemm, tiles, slots, form, spec, counts);
    }
  }
  return { ...counts, soreCycles: form.soreCycles, sparse: form.sparse, mapping };
}

type Counts = { -readonly [Key in 'cycles' | 'useful' | 'ineffectual' | 'underfilled' | 'accumulation' | 'fill']: number };

interface Slot {
  readonly group: Group;
  readonly place: number;
  readonly isDense: boolean;
}

interface Tile {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

/** Tiles of outputs that the array takes in turn. */
function turns(gemm: Matrices, block: readonly number[], { along }: Mapping, { rows, cols, interleave }: SatSpec): Tile[][] {
  const rowTiles = cut(range(gemm.rows.length), rows);
  if (along === 'columns') return rowTiles.map((rows) => cut(block, cols).map((columns) => ({ rows, columns })));
  return cut(rowTiles, interleave).map((several) => several.map((rows) => ({ rows, columns: block })));
}

function outputFold(
  gemm: Matrices,
  tiles: readonly Tile[],
  slots: readonly Slot[],
  form: Form,
  spec: SatSpec,
  counts: Counts,
): void {
  const round = Math.max(tiles.length, spec.addLatencyCycles);
  const busy = slots.length * round;
  const end = busy + spec.rows - 1 + spec.cols - 1;
  for (let clock = 0; clock < end; clock++) {
    for (let i = 0; i < spec.rows; i++) {
      for (let j = 0; j < spec.cols; j++) {
        const own = clock - i - j;
        if (own < 0 || own >= busy) counts.fill++;
        else if (own % round >= tiles.length) counts.accumulation++;
        else {
          const { rows, columns } = tiles[own % round];
          multiply(gemm, rows[i], columns[j], slots[Math.floor(own / round)], form, counts);
        }
      }
    }
  }
  for (let shift = 0; shift < tiles.length * spec.rows; shift++) counts.fill += spec.rows * spec.cols;
  counts.cycles += end + tiles.length * spec.rows;
}

function weightFold(
  gemm: Matrices,
  block: readonly number[],
  held: readonly Slot[],
  form: Form,
  spec: SatSpec,
  counts: Counts,
): void {
  const end = gemm.rows.length + spec.rows - 1 + spec.cols - 1;
  for (let clock = 0; clock < end; clock++) {
    for (let i = 0; i < spec.rows; i++) {
      for (let j = 0; j < spec.cols; j++) {
        const row = clock - i - j;
        if (row < 0 || row >= gemm.rows.length) counts.fill++;
        else multiply(gemm, row, block[j], held[i], form, counts);
      }
    }
  }
  counts.cycles += end;
}

/** One slot of one USPE; a row, column or slot that is not there is undefined. */
function multiply(
  gemm: Matrices,
  row: number | undefined,
  column: number | undefined,
  slot: Slot | undefined,
  form: Form,
  counts: Counts,
): void {
  if (row === undefined || column === undefined || slot === undefined) {
    counts.underfilled++;
    return;
  }
  const { start, size } = slot.group;
  const lane = form.sparse === 'E' ? gemm.rows[row] : gemm.columns[column];
  const places = range(size).map((at) => start + at);
  const at = (slot.isDense ? places : places.filter((place) => lane[place]))[slot.place];
  const isUseful = at !== undefined && gemm.rows[row][at] && gemm.columns[column][at] && gemm.wanted(row, column);
  if (isUseful) counts.useful++;
  else counts.ineffectual++;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function cut<T>(list: readonly T[], size: number): T[][] {
  return range(Math.ceil(list.length / size)).map((i) => list.slice(i * size, (i + 1) * size));
}
