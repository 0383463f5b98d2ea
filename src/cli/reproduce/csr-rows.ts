import { type BitTensor, type LayerTensors, type Role, rpSize } from '../../hw/index.js';

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
  const { csr, bitmap } = rpSize(tensor, columns, { valueBits: 32, indexBits: 8 }, inner).rows;
  return { csr, all: csr + bitmap };
}
