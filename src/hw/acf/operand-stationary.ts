import { roundNumbers, roundPlaces } from '../../kernels/index.js';
import { popcount } from '../bits.js';
import { type BitRows, columnCounts, rowCount } from './bit-rows.js';
import { addRound, addTile, switchLevels, type TileSums } from './tile-sums.js';

/** The array as a stationary dataflow sees it: WS has `cols` lanes of `rows` SPEs, IS `rows` lanes of `cols` SPEs. */
export interface LaneGeometry {
  readonly lanes: number;
  readonly depth: number;
}

/**
 * Weight- or input-stationary execution of one GEMM, fold by fold (the semantics are {@link acf}'s).
 *
 * @param stationary one row per lane: the reduction indices whose values it holds, in ascending order, `depth` at a time.
 * @param held per reduction index, how many rows of `stationary` hold it.
 * @param streamed the other operand: its vectors pass by the lanes, `queueDepth` per round.
 * @param streamedCounts per reduction index, how many of these vectors have it.
 */
export function operandStationary(
  stationary: BitRows,
  held: Uint32Array,
  streamed: BitRows,
  streamedCounts: Uint32Array,
  { lanes, depth }: LaneGeometry,
  sums: TileSums,
): void {
  const { injectors, fanOut } = sums.parameters;
  const { growth } = sums;
  const images = growth.tiles * growth.folds * growth.stretch;
  const latency = switchLevels(sums.parameters) + Math.ceil(Math.log2(depth));
  const stream = streamOf(streamed, streamedCounts, sums.parameters.queueDepth, sums.parameters.banks);
  const numbers = new Float64Array(roundNumbers);
  const cursors: Cursors = { word: new Int32Array(lanes), bits: new Int32Array(lanes) };
  const union: Union = { words: new Int32Array(stationary.wordsPerRow), first: 0, end: 0 };
  for (let first = 0; first < stationary.rows; first += lanes) {
    const used = Math.min(lanes, stationary.rows - first);
    let most = 0;
    for (let lane = 0; lane < used; lane++) {
      const count = rowCount(stationary, first + lane);
      if (count > most) most = count;
      sums.extents[lane] = Math.max(sums.extents[lane], Math.min(depth, count));
    }
    cursors.word.fill(-1);
    cursors.bits.fill(0);
    const folds = Math.ceil(most / depth);
    for (let f = 0; f < folds; f++) {
      let loaded = 0;
      for (let group = 0; group < used; group += fanOut) {
        loaded += takeUnion(stationary, first, group, Math.min(used, group + fanOut), depth, cursors, union);
        streamUnion(union, stream);
      }
      const rectangle = used * Math.min(depth, most - f * depth);
      for (let r = 0; r < stream.vectors.length; r++) {
        takeRound(stream, r, numbers);
        addRound(sums, numbers, 0, { rectangle, laneSums: stream.vectors[r], inputWidth: depth });
      }
      addTile(sums, Math.ceil(loaded / injectors) + latency);
      sums.words += growth.tiles * growth.folds * loaded;
      sums.deliveries += growth.tiles * growth.folds * loaded;
    }
    addPartialSums(sums, used, folds, streamed.rows);
  }
  // A fold's time needs its longest SPE only; the slots of all folds together are known from the counts.
  let work = 0;
  for (let k = 0; k < held.length; k++) work += images * stream.total[k] * held[k];
  sums.executed += work;
  sums.imbalance -= work;
  sums.deliveries += work;
}

/** Partial sums of a tile of lanes: written by each fold, read back by all but the first, off chip where they do not fit. */
export function addPartialSums(sums: TileSums, lanes: number, folds: number, vectors: number): void {
  const { growth, parameters } = sums;
  const partials = lanes * vectors * growth.stretch;
  const again = Math.max(0, folds * growth.folds - 1);
  sums.partialWrites += growth.tiles * partials * folds * growth.folds;
  sums.partialReads += growth.tiles * partials * again;
  const overflow = Math.max(0, partials * parameters.bytesPerValue - residentBytes(parameters.sramKb));
  sums.spilledBytes += growth.tiles * 2 * again * overflow;
}

/** Bytes that each of inputs, kernels and outputs may keep on chip: half of a third, as the other half is being filled. */
export function residentBytes(sramKb: number): number {
  return Math.floor((sramKb * 1024) / 6);
}

/** Where each lane goes on: its word, and the ones of that word not yet taken. */
interface Cursors {
  readonly word: Int32Array;
  readonly bits: Int32Array;
}

/** The indices that a fan-out group holds in a fold; words outside of first .. end - 1 are 0. */
interface Union {
  readonly words: Int32Array;
  first: number;
  end: number;
}

/** Takes the next `depth` ones of the lanes begin .. end - 1, ORs them into `union`, and returns how many there were. */
function takeUnion(
  { wordsPerRow, words }: BitRows,
  first: number,
  begin: number,
  end: number,
  depth: number,
  cursors: Cursors,
  union: Union,
): number {
  union.first = wordsPerRow;
  union.end = 0;
  let taken = 0;
  for (let lane = begin; lane < end; lane++) {
    const row = (first + lane) * wordsPerRow;
    let word = cursors.word[lane];
    let bits = cursors.bits[lane];
    let missing = depth;
    const unionWords = union.words;
    if (word < union.first) union.first = Math.max(0, word);
    while (missing > 0) {
      if (bits === 0) {
        if (++word >= wordsPerRow) break;
        bits = words[row + word] | 0;
        continue;
      }
      const count = popcount(bits);
      const rest = count <= missing ? 0 : dropLowest(bits, missing);
      unionWords[word] |= bits ^ rest;
      bits = rest;
      missing -= count <= missing ? count : missing;
    }
    if (word >= union.end) union.end = Math.min(wordsPerRow, word + 1);
    cursors.word[lane] = word;
    cursors.bits[lane] = bits;
    taken += depth - missing;
  }
  return taken;
}

function dropLowest(bits: number, count: number): number {
  let rest = bits;
  for (let i = 0; i < count; i++) rest &= rest - 1;
  return rest;
}

/** The streamed operand in rounds of vectors, and what of it has been sent in each of them since the last {@link takeRound}. */
interface Stream {
  /** Vectors of each round. */
  readonly vectors: readonly number[];
  /** Values of each round that meet a reduction index, [index][round], and of all rounds. */
  readonly counts: Uint32Array;
  readonly total: Uint32Array;
  /** The bank of each reduction index. */
  readonly bankOf: Uint16Array;
  /** Most values that meet an index. */
  readonly longest: Float64Array;
  /** Words to all groups, to the last one, and the most to one. */
  readonly words: Float64Array;
  readonly group: Float64Array;
  readonly link: Float64Array;
  /** Words out of each bank, [bank][round]. */
  readonly banks: Float64Array;
}

function streamOf({ rows, cols, wordsPerRow, words }: BitRows, total: Uint32Array, depth: number, banks: number): Stream {
  const rounds = Math.ceil(rows / depth);
  const vectors = Array.from({ length: rounds }, (_, round) => Math.min(depth, rows - round * depth));
  const counts = rounds === 1 ? total : new Uint32Array(cols * rounds);
  for (let round = 0; round < rounds && rounds > 1; round++) {
    const from = round * depth * wordsPerRow;
    const window = { rows: vectors[round], cols, wordsPerRow, words: words.subarray(from, from + vectors[round] * wordsPerRow) };
    const ofRound = columnCounts(window);
    for (let k = 0; k < cols; k++) counts[k * rounds + round] = ofRound[k];
  }
  const bankOf = new Uint16Array(cols);
  for (let k = 0; k < cols; k++) bankOf[k] = k % banks;
  const perRound = () => new Float64Array(rounds);
  return {
    ...{ vectors, counts, total, bankOf, longest: perRound(), words: perRound(), group: perRound(), link: perRound() },
    banks: new Float64Array(banks * rounds),
  };
}

/** Sends the streamed words of the union's indices to a fan-out group, round by round, and clears the union. */
function streamUnion({ words: union, first, end }: Union, { counts, bankOf, longest, words, group, link, banks }: Stream): void {
  const rounds = words.length;
  group.fill(0);
  for (let word = first; word < end; word++) {
    let bits = union[word];
    union[word] = 0;
    const base = (word << 5) + 31;
    for (; bits !== 0; bits &= bits - 1) {
      const k = base - Math.clz32(bits & -bits);
      for (let r = 0, at = k * rounds, bank = bankOf[k] * rounds; r < rounds; r++, at++, bank++) {
        const count = counts[at];
        if (count > longest[r]) longest[r] = count;
        group[r] += count;
        banks[bank] += count;
      }
    }
  }
  for (let r = 0; r < rounds; r++) {
    words[r] += group[r];
    if (group[r] > link[r]) link[r] = group[r];
  }
}

/** Takes what was sent in a round, as {@link addRound} reads it. */
function takeRound({ longest, words, link, banks }: Stream, r: number, numbers: Float64Array): void {
  let busiest = 0;
  for (let at = r; at < banks.length; at += words.length) {
    if (banks[at] > busiest) busiest = banks[at];
    banks[at] = 0;
  }
  numbers[roundPlaces.longest] = longest[r];
  numbers[roundPlaces.input] = words[r];
  numbers[roundPlaces.input + 1] = link[r];
  numbers[roundPlaces.input + 2] = busiest;
  longest[r] = 0;
  words[r] = 0;
  link[r] = 0;
}
