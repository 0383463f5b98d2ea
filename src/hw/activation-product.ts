import { SparsityError } from '../errors.js';
import { copyBits, wordsFor } from './bits.js';
import type { BitTensor, GemmWork, LayerTensors, LoopNest } from './contracts.js';
import { convNest } from './loop-nest.js';

/** The sizes of a product X Z of activations, per image and group: X is [rows, depth], Z is [depth, columns]. */
interface ProductSize {
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  readonly groups: number;
}

/** The forward GEMMs of a product of two activations, Y = X Z: one that holds all images present, as often as the batch has them. */
export function productForward(record: LayerTensors): readonly GemmWork[] {
  const { rows, depth, columns, groups } = sizeOfProduct(record);
  return perImages(record, (images) =>
    productWork(record, 'forward', productNest(images, { rows, depth, columns, groups }), [
      byRows(record.A, images, rows, groups * depth),
      byRows(record.W, images, depth, groups * columns),
    ]),
  );
}

/**
 * The backward GEMMs: the gradients of both factors, dX = E Z^T and, as the product Y^T = Z^T X^T has it, dZ^T = E^T X. Both are input
 * gradients: they go on to the layers that made X and Z, or to one of them.
 */
export function productBackward(record: LayerTensors, E: BitTensor): readonly GemmWork[] {
  const { rows, depth, columns, groups } = sizeOfProduct(record);
  const first = () =>
    perImages(record, (images) =>
      productWork(record, 'inputGradient', productNest(images, { rows, depth, columns, groups }), [
        byRows(E, images, rows, groups * columns),
        byRows(record.W, images, depth, groups * columns),
      ]),
    );
  const second = () =>
    perImages(record, (images) =>
      productWork(record, 'inputGradient', productNest(images, { rows: columns, depth, columns: rows, groups }), [
        byColumns(E, images, rows, groups, columns),
        byColumns(record.A, images, rows, groups, depth),
      ]),
    );
  return [...(record.onlyGradient === 'W' ? [] : first()), ...(record.onlyGradient === 'A' ? [] : second())];
}

function sizeOfProduct({ nest }: LayerTensors): ProductSize {
  const { inSize, inChannels, outChannels, groups } = nest;
  return { rows: inSize[0] * inSize[1] * inSize[2], depth: inChannels / groups, columns: outChannels / groups, groups };
}

/** The work of the images present, once per time that they fit the batch, and one of the first images for what is left of it. */
function perImages({ layer, nest, batchTotal }: LayerTensors, make: (images: number) => GemmWork): readonly GemmWork[] {
  if (!(Number.isInteger(batchTotal) && batchTotal >= nest.batch)) {
    throw new SparsityError({
      what: `record ${layer}: batchTotal`,
      got: batchTotal,
      expected: `a whole number of at least ${nest.batch} images, which are present`,
      fix: 'pass the size of the real batch',
    });
  }
  const times = Math.floor(batchTotal / nest.batch);
  const left = batchTotal % nest.batch;
  return [...new Array<GemmWork>(times).fill(make(nest.batch)), ...(left > 0 ? [make(left)] : [])];
}

function productNest(images: number, { rows, depth, columns, groups }: ProductSize): LoopNest {
  const all = images * groups;
  return convNest({
    batch: 1,
    inSize: [rows],
    inChannels: all * depth,
    outChannels: all * columns,
    kernelSize: [1],
    groups: all,
  });
}

function productWork(
  { layer }: LayerTensors,
  phase: 'forward' | 'inputGradient',
  nest: LoopNest,
  [input, kernel]: readonly [Uint32Array, Uint32Array],
): GemmWork {
  const [inRows, inWidth] = phase === 'forward' ? [nest.inSize, nest.inChannels] : [nest.outSize, nest.outChannels];
  const kernelShape = [...nest.kernelSize, nest.inChannels / nest.groups, nest.outChannels];
  return {
    kind: 'gemm',
    layer,
    phase,
    nest,
    input: { role: phase === 'forward' ? 'A' : 'E', source: layer, nonzeros: { shape: [1, ...inRows, inWidth], words: input } },
    kernel: { role: 'A', source: layer, nonzeros: { shape: kernelShape, words: kernel } },
    imageScale: 1,
  };
}

/** [images, rows, width] to [rows, images, width]. */
function byRows({ words }: BitTensor, images: number, rows: number, width: number): Uint32Array {
  const sorted = new Uint32Array(wordsFor(images * rows * width));
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      copyBits(words, (image * rows + row) * width, sorted, (row * images + image) * width, width);
    }
  }
  return sorted;
}

/** [images, rows, groups, columns] to [columns, images, groups, rows]: the matrices of all groups transposed. */
function byColumns({ words }: BitTensor, images: number, rows: number, groups: number, columns: number): Uint32Array {
  const elements = images * rows * groups * columns;
  const sorted = new Uint32Array(wordsFor(elements));
  for (let word = 0; word < wordsFor(elements); word++) {
    for (let rest = words[word]; rest !== 0; rest &= rest - 1) {
      const at = 32 * word + 31 - Math.clz32(rest & -rest);
      if (at >= elements) break; // images that are not taken
      const matrixRow = Math.floor(at / columns);
      const group = matrixRow % groups;
      const imageRow = Math.floor(matrixRow / groups);
      const image = Math.floor(imageRow / rows);
      const to = (((at % columns) * images + image) * groups + group) * rows + (imageRow % rows);
      sorted[to >>> 5] |= 1 << (to & 31);
    }
  }
  return sorted;
}
