import type { BitTensor, GemmWork, LoopNest } from 'tfjs-sparsity/hw';
import type { AcfSpec } from '../../../src/hw/acf/options.js';

/** What the event-level reference sees of a work: every slot and every word, one cycle after the other. */
export interface AcfEvents {
  cycles: number;
  executed: number;
  effectual: number;
  words: number;
  deliveries: number;
  partialSums: number;
  /** Links that words, products and sums pass, one by one. */
  hops: number;
  idle: Record<'ineffectual' | 'imbalance' | 'underfilled' | 'accumulators' | 'multicast' | 'banks' | 'fill', number>;
}

/** A GEMM as tables of "is not zero", made bit by bit from the loop nest. */
export interface NaiveGemm {
  input: boolean[][];
  kernel: boolean[][];
  wanted: boolean[][];
}

/** A word on its way: out of the bank of its line, through the tree to its fan-out group. */
interface Word {
  line: number;
  group: number;
}

/** What happens between two barriers: the slots of each SPE (true: effectual), the words of both networks, the sums of each lane. */
interface EventRound {
  queues: boolean[][][];
  input: Map<string, Word>;
  kernel: Map<string, Word>;
  laneSums: number;
}

interface EventTile {
  rounds: EventRound[];
  /** Where the occupied rectangle ends. */
  rectangle: { rows: number; cols: number };
  /** Words per cycle of the links to a group, in units of `linkWords`. */
  inputLinkWidth: number;
  loadedWords: number;
  fill: number;
}

/** Runs a work cycle by cycle under one dataflow. Slow on purpose. */
export function acfEvents(work: GemmWork, dataflow: 'WS' | 'OS' | 'IS', spec: AcfSpec): AcfEvents {
  const events: AcfEvents = {
    cycles: 0,
    executed: 0,
    effectual: 0,
    words: 0,
    deliveries: 0,
    partialSums: 0,
    hops: 0,
    idle: { ineffectual: 0, imbalance: 0, underfilled: 0, accumulators: 0, multicast: 0, banks: 0, fill: 0 },
  };
  const gemms = naiveGemms(work);
  const ones = (side: 'input' | 'kernel') => gemms.flatMap((gemm) => gemm[side].flat());
  const share = (bits: boolean[]) => bits.filter(Boolean).length / bits.length;
  const gathers = spec.sparseMemoryController && spec.zeroDetection !== 'gate';
  const inputIsSparser = share(ones('input')) < share(ones('kernel'));
  const skipInput = gathers && (spec.zeroDetection === 'skipBoth' || inputIsSparser);
  const skipKernel = gathers && (spec.zeroDetection === 'skipBoth' || !inputIsSparser);
  for (const gemm of gemms) {
    const present = {
      input: gemm.input.map((row) => row.map((bit) => bit || !skipInput)),
      kernel: gemm.kernel.map((row) => row.map((bit) => bit || !skipKernel)),
    };
    const tiles =
      dataflow === 'OS'
        ? outputTiles(gemm, present.input, present.kernel, spec, events)
        : stationaryTiles(gemm, present.input, present.kernel, dataflow === 'IS', spec, events);
    for (const tile of tiles) runTile(tile, spec, events);
  }
  const products = dataflow === 'OS' ? 0 : events.effectual;
  events.hops = events.words * (switchLevels(spec) - 1) + events.deliveries + products + events.partialSums * switchLevels(spec);
  return events;
}

function runTile(tile: EventTile, spec: AcfSpec, events: AcfEvents): void {
  for (const round of tile.rounds) runRound(round, tile, spec, events);
  events.words += tile.loadedWords;
  events.cycles += tile.fill;
  events.idle.fill += spec.rows * spec.cols * tile.fill;
}

/** Something that moves so much per cycle until its load is gone. */
interface Server {
  load: number;
  perCycle: number;
}

function runRound(round: EventRound, { rectangle, inputLinkWidth }: EventTile, spec: AcfSpec, events: AcfEvents): void {
  const { queues, input, kernel } = round;
  const computing = () => queues.some((row) => row.some((queue) => queue.length > 0));
  const ports: Server[] = [{ load: computing() ? round.laneSums : 0, perCycle: spec.accumulatorPorts }];
  const networks = [...treeServers(input, inputLinkWidth, spec), ...treeServers(kernel, 1, spec)];
  const banks = [...bankServers(input, spec), ...bankServers(kernel, spec)];
  const busy = (servers: Server[]) => servers.some(({ load }) => load > 0);
  events.words += input.size + kernel.size;
  while (computing() || busy(ports) || busy(networks) || busy(banks)) {
    const cause = busy(ports) ? 'accumulators' : busy(networks) ? 'multicast' : 'banks';
    const isComputing = computing();
    for (let row = 0; row < spec.rows; row++) {
      for (let col = 0; col < spec.cols; col++) {
        const slot = queues[row][col].shift();
        if (slot === true) events.effectual++;
        else if (slot === false) events.idle.ineffectual++;
        else if (!isComputing) events.idle[cause]++;
        else if (row < rectangle.rows && col < rectangle.cols) events.idle.imbalance++;
        else events.idle.underfilled++;
        if (slot !== undefined) events.executed++;
      }
    }
    for (const server of [...ports, ...networks, ...banks]) server.load = Math.max(0, server.load - server.perCycle);
    events.cycles++;
  }
}

/** The root, and each link of each level of a fat tree: as wide as the links to the groups behind it together. */
function treeServers(words: Map<string, Word>, linkWidth: number, { injectors, linkWords, fanOut }: AcfSpec): Server[] {
  const servers: Server[] = [{ load: words.size, perCycle: injectors }];
  const radix = Math.max(2, fanOut);
  for (let behind = 1; behind < 4 * radix ** 2; behind *= radix) {
    const loads = new Map<number, number>();
    for (const { group } of words.values()) {
      const link = Math.floor(group / behind);
      loads.set(link, (loads.get(link) ?? 0) + 1);
    }
    for (const load of loads.values()) servers.push({ load, perCycle: behind * linkWidth * linkWords });
  }
  return servers;
}

/** Banks share the injectors' words, and have one each at least. Counted in parts of a word, so that rates are integers. */
function bankServers(words: Map<string, Word>, { injectors, banks }: AcfSpec): Server[] {
  const loads = new Map<number, number>();
  for (const { line } of words.values()) loads.set(line % banks, (loads.get(line % banks) ?? 0) + banks);
  return [...loads.values()].map((load) => ({ load, perCycle: Math.max(banks, injectors) }));
}

function outputTiles(gemm: NaiveGemm, input: boolean[][], kernel: boolean[][], spec: AcfSpec, events: AcfEvents): EventTile[] {
  const placed = placeOutputs(gemm, spec);
  const gathers = spec.sparseMemoryController && spec.zeroDetection !== 'gate';
  return placed.map(({ at, mapsUnwanted }) => {
    const rounds = Array.from({ length: Math.ceil(input[0].length / spec.queueDepth) }, () => emptyRound(spec));
    const used = at.flatMap((row, r) => row.flatMap((output, c) => (output ? [{ ...output, r, c }] : [])));
    for (const { i, j, r, c } of used) {
      events.partialSums++;
      if (mapsUnwanted && gathers && !gemm.wanted[i][j]) continue;
      for (let k = 0; k < input[i].length; k++) {
        if (!input[i][k] || !kernel[j][k]) continue;
        const round = rounds[Math.floor(k / spec.queueDepth)];
        round.queues[r][c].push(gemm.input[i][k] && gemm.kernel[j][k] && gemm.wanted[i][j]);
        events.deliveries += 2;
      }
    }
    for (const { i, j, r, c } of used) {
      const columnGroup = Math.floor(c / spec.fanOut);
      const rowGroup = Math.floor(r / spec.fanOut);
      const inputGroup = mapsUnwanted ? r * Math.ceil(spec.cols / spec.fanOut) + columnGroup : columnGroup;
      for (let k = 0; k < input[i].length; k++) {
        if (!input[i][k] || !kernel[j][k]) continue;
        const round = rounds[Math.floor(k / spec.queueDepth)];
        round.input.set(`${i} ${k} ${columnGroup}`, { line: i, group: inputGroup });
        round.kernel.set(`${j} ${k} ${rowGroup}`, { line: j, group: c * Math.ceil(spec.rows / spec.fanOut) + rowGroup });
      }
    }
    return {
      rounds,
      rectangle: { rows: Math.max(...used.map(({ r }) => r + 1)), cols: at[0].length },
      inputLinkWidth: mapsUnwanted ? 1 : spec.rows,
      loadedWords: 0,
      fill: switchLevels(spec) + Math.ceil(used.length / spec.cols),
    };
  });
}

type Placement = { at: ({ i: number; j: number } | undefined)[][]; mapsUnwanted: boolean };

/** Which output each SPE of each tile holds: the plain grid, or the wanted ones packed per column where that takes fewer tiles. */
function placeOutputs({ wanted }: NaiveGemm, { rows, cols, sparseMemoryController, reconfigurable }: AcfSpec): Placement[] {
  const m = wanted.length;
  const n = wanted[0].length;
  const plain: Placement[] = [];
  for (let i = 0; i < m; i += rows) {
    for (let j = 0; j < n; j += cols) {
      const height = Math.min(rows, m - i);
      const width = Math.min(cols, n - j);
      const at = grid(height, width, (r, c) => ({ i: i + r, j: j + c }));
      plain.push({ at, mapsUnwanted: true });
    }
  }
  const packed: Placement[] = [];
  for (let j = 0; j < n; j += cols) {
    const width = Math.min(cols, n - j);
    const columns = Array.from({ length: width }, (_, c) => {
      const rowsOfColumn = Array.from({ length: m }, (_, i) => i);
      return rowsOfColumn.filter((i) => wanted[i][j + c]);
    });
    for (let from = 0; columns.some((column) => column.length > from); from += rows) {
      const at = grid(rows, width, (r, c) => (from + r < columns[c].length ? { i: columns[c][from + r], j: j + c } : undefined));
      packed.push({ at, mapsUnwanted: false });
    }
  }
  return sparseMemoryController && reconfigurable && packed.length < plain.length ? packed : plain;
}

function stationaryTiles(
  gemm: NaiveGemm,
  input: boolean[][],
  kernel: boolean[][],
  transposed: boolean,
  spec: AcfSpec,
  events: AcfEvents,
): EventTile[] {
  const [held, streamed] = transposed ? [input, kernel] : [kernel, input];
  const lanes = transposed ? spec.rows : spec.cols;
  const depth = transposed ? spec.cols : spec.rows;
  const effectual = (lane: number, vector: number, k: number) => {
    const [i, j] = transposed ? [lane, vector] : [vector, lane];
    return gemm.input[i][k] && gemm.kernel[j][k] && gemm.wanted[i][j];
  };
  const tiles: EventTile[] = [];
  for (let first = 0; first < held.length; first += lanes) {
    const indices = held.slice(first, first + lanes).map((row) => row.flatMap((bit, k) => (bit ? [k] : [])));
    for (let from = 0; indices.some((list) => list.length > from); from += depth) {
      const fold = indices.map((list) => list.slice(from, from + depth));
      const rounds = Array.from({ length: Math.ceil(streamed.length / spec.queueDepth) }, (_, round) => ({
        ...emptyRound(spec),
        laneSums: Math.min(spec.queueDepth, streamed.length - round * spec.queueDepth),
      }));
      let loadedWords = 0;
      fold.forEach((ks, lane) => {
        ks.forEach((k, place) => {
          const [row, col] = transposed ? [lane, place] : [place, lane];
          const group = Math.floor(lane / spec.fanOut);
          loadedWords++;
          events.deliveries++;
          streamed.forEach((vector, v) => {
            if (!vector[k]) return;
            const round = rounds[Math.floor(v / spec.queueDepth)];
            round.queues[row][col].push(effectual(first + lane, v, k));
            round.input.set(`${v} ${k} ${group}`, { line: k, group });
            events.deliveries++;
          });
        });
      });
      events.partialSums += fold.length * streamed.length * (from > 0 ? 2 : 1);
      const height = Math.max(...fold.map((ks) => ks.length));
      tiles.push({
        rounds,
        rectangle: transposed ? { rows: fold.length, cols: height } : { rows: height, cols: fold.length },
        inputLinkWidth: depth,
        loadedWords,
        fill: Math.ceil(loadedWords / spec.injectors) + switchLevels(spec) + Math.ceil(Math.log2(depth)),
      });
    }
  }
  return tiles;
}

function switchLevels({ rows, cols, fanOut }: AcfSpec): number {
  const radix = Math.max(2, fanOut);
  let levels = 1;
  while (radix ** levels < rows * cols) levels++;
  return levels;
}

function emptyRound({ rows, cols }: AcfSpec): EventRound {
  return { queues: grid(rows, cols, () => []), input: new Map(), kernel: new Map(), laneSums: 0 };
}

function grid<T>(rows: number, cols: number, make: (row: number, col: number) => T): T[][] {
  return Array.from({ length: rows }, (_, r) => Array.from({ length: cols }, (_, c) => make(r, c)));
}

/** The GEMMs of a work, straight from the definition of the convolution. */
export function naiveGemms(work: GemmWork): NaiveGemm[] {
  const { nest } = work;
  const swap = { forward: 'inputGradient', inputGradient: 'forward', weightGradient: 'weightGradient' } as const;
  const phase = nest.transposed ? swap[work.phase] : work.phase;
  const groups = Array.from({ length: nest.groups }, (_, group) => group);
  if (phase === 'forward') return groups.map((group) => forwardGemm(work, group));
  if (phase === 'inputGradient') return classes(nest).flatMap((taps) => groups.map((group) => backwardGemm(work, group, taps)));
  return groups.map((group) => weightGemm(work, group));
}

function forwardGemm({ nest, input, kernel }: GemmWork, group: number): NaiveGemm {
  const columns = pairsOf(volume(nest.kernelSize), range(nest.inChannels / nest.groups));
  const [ci, co] = [nest.inChannels / nest.groups, nest.outChannels / nest.groups];
  const rows = pairsOf(range(nest.batch), volume(nest.outSize));
  return all(
    rows.map(([image, out]) =>
      columns.map(([tap, c]) => mapBit(input.nonzeros, nest, image, inputPixel(nest, out, tap), group * ci + c)),
    ),
    range(co).map((o) => columns.map(([tap, c]) => weightBit(kernel.nonzeros, nest, tap, c, group * co + o))),
  );
}

function backwardGemm({ nest, input, kernel }: GemmWork, group: number, { phase, taps }: PixelClass): NaiveGemm {
  const [ci, co] = [nest.inChannels / nest.groups, nest.outChannels / nest.groups];
  const columns = pairsOf(taps, range(co));
  const pixels = volume(nest.inSize).filter((pixel) => pixel.every((x, axis) => x % nest.stride[axis] === phase[axis]));
  const rows = pairsOf(range(nest.batch), pixels);
  const errorBit = (image: number, pixel: number[], tap: number[], o: number) => {
    const out = pixel.map((x, axis) => (x + nest.padBefore[axis] - tap[axis] * nest.dilation[axis]) / nest.stride[axis]);
    if (out.some((x, axis) => x < 0 || x >= nest.outSize[axis])) return false;
    return bit(input.nonzeros, [nest.batch, ...nest.outSize, nest.outChannels], [image, ...out, group * co + o]);
  };
  return all(
    rows.map(([image, pixel]) => columns.map(([tap, o]) => errorBit(image, pixel, tap, o))),
    range(ci).map((c) => columns.map(([tap, o]) => weightBit(kernel.nonzeros, nest, tap, c, group * co + o))),
  );
}

function weightGemm({ nest, input, kernel, output }: GemmWork, group: number): NaiveGemm {
  const [x, y] = nest.transposed ? [kernel, input] : [input, kernel];
  const [ci, co] = [nest.inChannels / nest.groups, nest.outChannels / nest.groups];
  const rows = pairsOf(volume(nest.kernelSize), range(ci));
  const columns = pairsOf(range(nest.batch), volume(nest.outSize));
  const errorShape = [nest.batch, ...nest.outSize, nest.outChannels];
  return {
    input: rows.map(([tap, c]) =>
      columns.map(([image, out]) => mapBit(x.nonzeros, nest, image, inputPixel(nest, out, tap), group * ci + c)),
    ),
    kernel: range(co).map((o) => columns.map(([image, out]) => bit(y.nonzeros, errorShape, [image, ...out, group * co + o]))),
    wanted: rows.map(([tap, c]) => range(co).map((o) => !output || weightBit(output.nonzeros, nest, tap, c, group * co + o))),
  };
}

interface PixelClass {
  phase: number[];
  taps: number[][];
}

/** Input pixels by remainder modulo the stride, with the taps that reach them, last tap first. */
function classes(nest: LoopNest): PixelClass[] {
  return volume(nest.stride.map((stride, axis) => Math.min(stride, nest.inSize[axis]))).flatMap((phase) => {
    const taps = volume(nest.kernelSize).filter((tap) =>
      tap.every((t, axis) => (phase[axis] + nest.padBefore[axis] - t * nest.dilation[axis]) % nest.stride[axis] === 0),
    );
    return taps.length > 0 ? [{ phase, taps: taps.toReversed() }] : [];
  });
}

function inputPixel(nest: LoopNest, out: number[], tap: number[]): number[] {
  return out.map((o, axis) => o * nest.stride[axis] - nest.padBefore[axis] + tap[axis] * nest.dilation[axis]);
}

function mapBit(map: BitTensor, nest: LoopNest, image: number, pixel: number[], channel: number): boolean {
  if (pixel.some((x, axis) => x < 0 || x >= nest.inSize[axis])) return false;
  return bit(map, [nest.batch, ...nest.inSize, nest.inChannels], [image, ...pixel, channel]);
}

function weightBit(weights: BitTensor, nest: LoopNest, tap: number[], input: number, output: number): boolean {
  return bit(weights, [...nest.kernelSize, nest.inChannels / nest.groups, nest.outChannels], [...tap, input, output]);
}

function bit({ words }: BitTensor, shape: readonly number[], at: readonly number[]): boolean {
  const index = shape.reduce((sum, size, axis) => sum * size + at[axis], 0);
  return ((words[Math.floor(index / 32)] >>> (index % 32)) & 1) === 1;
}

function all(input: boolean[][], kernel: boolean[][]): NaiveGemm {
  return { input, kernel, wanted: input.map(() => kernel.map(() => true)) };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function volume([depth, height, width]: readonly number[]): number[][] {
  return range(depth).flatMap((z) => range(height).flatMap((y) => range(width).map((x) => [z, y, x])));
}

function pairsOf<A, B>(outer: A[], inner: B[]): [A, B][] {
  return outer.flatMap((a) => inner.map((b): [A, B] => [a, b]));
}
