import { type BitTensor, getBit, type LayerTensors, type Role, rpRow } from 'tfjs-sparsity/hw';

/** Column indices of 001, 8 bits: a longer row is stored in pieces. */
const longest = 256;

/** Rows of a tensor, and those of them for which RP-CSR is the smaller format. */
export interface CsrRows {
  readonly csr: number;
  readonly all: number;
}

/**
 * The rows of a layer's tensor as the models store it: of a map, the columns of one channel and row; of a kernel, the taps of one row;
 * of a dense layer's tensors, the features.
 */
export function csrRows({ nest }: LayerTensors, role: Role, tensor: BitTensor): CsrRows {
  const { shape } = tensor;
  const isDense = [...nest.inSize, ...nest.kernelSize, ...nest.outSize].every((size) => size === 1);
  const last = shape[shape.length - 1];
  if (role === 'A' || role === 'E') return isDense ? countRows(tensor, last, 1) : countRows(tensor, shape[3], last);
  return isDense ? countRows(tensor, nest.inChannels, last) : countRows(tensor, shape[2], shape[3] * last);
}

/** Element (o, x, i) lies at (o * columns + x) * inner + i; a row is all x of one (o, i). */
function countRows(tensor: BitTensor, columns: number, inner: number): CsrRows {
  const elements = tensor.shape.reduce((a, b) => a * b, 1);
  const counts = new Uint16Array(inner);
  let [csr, all] = [0, 0];
  for (let first = 0; first < elements; first += columns * inner) {
    for (let column = 0; column < columns; column += longest) {
      const length = Math.min(longest, columns - column);
      counts.fill(0);
      const begin = first + column * inner;
      for (let at = begin, i = 0; at < begin + length * inner; at++) {
        if (getBit(tensor, at)) counts[i]++;
        i = i + 1 === inner ? 0 : i + 1;
      }
      const isCsr = Array.from({ length: length + 1 }, (_, nonzeros) => rpRow(nonzeros, length, widths).format === 'csr');
      for (const nonzeros of counts) if (isCsr[nonzeros]) csr++;
      all += inner;
    }
  }
  return { csr, all };
}

const widths = { valueBits: 32, indexBits: 8 };
