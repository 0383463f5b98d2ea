import type { DynamicMatrix, RowStorage } from 'tfjs-sparsity/hw';

/** A row-partitioned matrix written bit by bit, as a memory would hold it: per row a tag, then what its format has. Slow and obvious. */
export function writeRows(
  { lines, cols }: DynamicMatrix,
  { indexBits, countBits = indexBits, denseRows = false }: RowStorage,
): string {
  const field = (value: number, width: number) => {
    if (value >= 2 ** width) throw new RangeError(`${value} does not fit ${width} bits`);
    return value.toString(2).padStart(width, '0');
  };
  const float = (value: number) => field(new Uint32Array(Float32Array.of(value).buffer)[0], 32);
  const tags = ['bitmap', 'csr', 'dense'];
  return lines
    .map(({ format, values, positions }) => {
      const head = field(tags.indexOf(format), denseRows ? 2 : 1);
      const body = [...values].map(float).join('');
      if (format === 'dense') return head + body;
      if (format === 'csr')
        return head + field(positions.length, countBits) + [...positions].map((col) => field(col, indexBits)).join('') + body;
      const bits = Array.from({ length: cols }, (_, col) => (positions[col >> 5] >>> (col & 31)) & 1);
      return head + bits.join('') + body;
    })
    .join('');
}

/** What {@link writeRows} wrote, as row-major values. */
export function readRows(
  stream: string,
  rows: number,
  cols: number,
  { indexBits, countBits = indexBits, denseRows = false }: RowStorage,
): Float32Array {
  let at = 0;
  const take = (width: number) => {
    at += width;
    return Number.parseInt(stream.slice(at - width, at), 2);
  };
  const float = () => new Float32Array(Uint32Array.of(take(32)).buffer)[0];
  const dense = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    const tag = take(denseRows ? 2 : 1);
    let columns = Array.from({ length: cols }, (_, col) => col);
    if (tag === 0) columns = columns.filter(() => take(1) === 1);
    if (tag === 1) columns = Array.from({ length: take(countBits) }, () => take(indexBits));
    for (const col of columns) dense[row * cols + col] = float();
  }
  if (at !== stream.length) throw new RangeError(`${stream.length - at} bits are left over`);
  return dense;
}
