import type { SparseFileSize, TensorFileSize } from './sparse-file-size.js';

/** Sizes as text: a line for each weight, one for the rest, one for the whole. */
export function sizeTable(size: Omit<SparseFileSize, 'toTable'>): string {
  const { denseBytes, gzipBytes, sparseBytes, sparseGzipBytes, headerBytes, tensors } = size;
  const maxError = Math.max(0, ...tensors.map((tensor) => tensor.maxError));
  const header = {
    denseBytes: denseBytes - tensors.reduce((sum, tensor) => sum + tensor.denseBytes, 0),
    sparseBytes: headerBytes,
  };
  return [
    row('bytes', ['stored as', 'non-zeros', 'dense', 'gzip', 'sparse', 'of dense']),
    ...tensors.map((tensor) => {
      const elements = tensor.shape.reduce((size, next) => size * next, 1);
      const share = elements === 0 ? '-' : percent(tensor.nonzeros / elements);
      return row(tensor.name, [storedAs(tensor), share, ...sizes(tensor)]);
    }),
    row('model and header', ['', '', ...sizes({ ...header, gzipBytes: undefined })]),
    row('file', ['', '', ...sizes({ denseBytes, gzipBytes, sparseBytes })]),
    ...(sparseGzipBytes === undefined ? [] : [`the sparse file through gzip: ${sparseGzipBytes}`]),
    ...(maxError > 0 ? [`float16 moves a weight by at most ${maxError.toPrecision(3)}`] : []),
  ].join('\n');
}

function storedAs({ encoding }: TensorFileSize): string {
  return encoding.encoding === 'nm' ? `${encoding.n}:${encoding.m}` : encoding.encoding;
}

function sizes({
  denseBytes,
  gzipBytes,
  sparseBytes,
}: Pick<SparseFileSize, 'denseBytes' | 'gzipBytes' | 'sparseBytes'>): string[] {
  const gzip = gzipBytes === undefined ? '-' : String(gzipBytes);
  return [String(denseBytes), gzip, String(sparseBytes), denseBytes === 0 ? '-' : percent(sparseBytes / denseBytes)];
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** A name of 21 columns, then cells, to the right: 80 columns in all. */
function row(name: string, cells: readonly string[]): string {
  const widths = [10, 10, 10, 10, 10, 9];
  const short = name.length > 21 ? `${name.slice(0, 9)}..${name.slice(-10)}` : name;
  return short.padEnd(21) + cells.map((cell, i) => cell.padStart(widths[i])).join('');
}
