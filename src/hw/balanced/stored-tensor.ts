import type { BitTensor } from '../contracts.js';
import type { StoredBits } from '../parts/buffers.js';
import { bitmapBits } from '../parts/formats/bitmap.js';
import { csrBits } from '../parts/formats/csr.js';
import { rowHistogram } from '../parts/formats/row-histogram.js';
import { rowPieces, rpRow } from '../parts/formats/row-partitioned.js';
import type { TensorRows } from './tensor-rows.js';

/** How a design stores its tensors. */
export interface Storage {
  readonly format: 'rp' | 'csr' | 'bitmap';
  readonly policy: 'exact' | 'threshold' | 'rounded';
  readonly rowLayout: 'mapRow' | 'flattened';
  readonly valueBits: number;
  readonly indexBits: number;
}

/** A tensor as stored off chip. */
export interface StoredTensor extends StoredBits {
  readonly elements: number;
  readonly nonzeros: number;
  /** Rows by the format that they took, where there is a choice. */
  readonly rows: { readonly csr: number; readonly bitmap: number };
}

/** The stored size of a tensor of the real batch, from its bits; without them, of a tensor of which every value is stored. */
export function storedTensor(nonzeros: BitTensor | undefined, rows: TensorRows, storage: Storage): StoredTensor {
  const lengths = rowPieces(rows.columns, storage);
  return sizeOfRows(nonzeros ? rowHistograms(nonzeros, rows, lengths) : fullRows(rows, lengths), lengths, storage);
}

/** Histograms of a tensor by how its rows lie: it is met in several works, by several designs. */
const known = new WeakMap<BitTensor, Map<string, readonly Float64Array[]>>();

/** Rows by their number of non-zeros, one histogram per piece of a row. */
function rowHistograms(nonzeros: BitTensor, { columns, inner, copies }: TensorRows, lengths: readonly number[]) {
  const ofTensor = known.get(nonzeros) ?? new Map<string, readonly Float64Array[]>();
  known.set(nonzeros, ofTensor);
  const key = `${inner} ${columns} ${lengths}`;
  const present = ofTensor.get(key) ?? countRows(nonzeros, columns, inner, lengths);
  ofTensor.set(key, present);
  return present.map((histogram) => histogram.map((count) => count * copies));
}

function countRows(nonzeros: BitTensor, columns: number, inner: number, lengths: readonly number[]): Float64Array[] {
  let from = 0;
  return lengths.map((length) => {
    const histogram = rowHistogram(nonzeros, columns, { inner, from, length });
    from += length;
    return histogram;
  });
}

/** All rows full: outputs of which nothing is known to be zero. */
function fullRows({ outer, inner, copies }: TensorRows, lengths: readonly number[]) {
  return lengths.map((length) => new Float64Array(length + 1).fill(outer * inner * copies, length));
}

function sizeOfRows(histograms: readonly Float64Array[], lengths: readonly number[], storage: Storage): StoredTensor {
  const { valueBits, indexBits, format, policy } = storage;
  const widths = { valueBits, indexBits, policy, pointerBits: 8 };
  const rows = { csr: 0, bitmap: 0 };
  let [elements, nonzeros, rpTotal, all] = [0, 0, 0, 0];
  histograms.forEach((histogram, piece) => {
    histogram.forEach((count, ones) => {
      if (count === 0) return;
      elements += count * lengths[piece];
      nonzeros += count * ones;
      all += count;
      if (format !== 'rp') return;
      const row = rpRow(ones, lengths[piece], widths);
      rpTotal += count * row.bits;
      rows[row.format as 'csr' | 'bitmap'] += count;
    });
  });
  const values = nonzeros * valueBits;
  const total = { rp: rpTotal, csr: csrBits(nonzeros, all, widths), bitmap: bitmapBits(nonzeros, elements, widths) }[format];
  return { valueBits: values, indexBits: total - values, elements, nonzeros, rows };
}
