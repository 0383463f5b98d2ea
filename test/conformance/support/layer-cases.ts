import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BitTensor, bitsFrom, convNest, countBits, denseNest, type GemmWork } from '../../../src/hw/index.js';

/** A layer of the peer, with what its tensors are drawn from. */
export interface LayerInput {
  readonly name: string;
  readonly type: 'conv' | 'fc';
  readonly stride: number;
  readonly pad: number;
  /** [batch, channels, height, width]. */
  readonly act: readonly number[];
  /** [filters, channels per group, height, width]. */
  readonly wgt: readonly number[];
  readonly wDensity: number;
  readonly aDensity: number;
  readonly wSeed: number;
  readonly aSeed: number;
  readonly wNnz: number;
  readonly aNnz: number;
  readonly wSum: number;
  readonly aSum: number;
  readonly wMaskHex?: string;
  readonly aMaskHex?: string;
}

/** What the peer counted for a layer on one configuration. */
export interface LayerResult {
  readonly net: string;
  readonly layer: string;
  readonly config: { readonly arch: string; readonly [option: string]: string | number };
  readonly result: Readonly<Record<string, number>>;
}

const folder = process.env.CONFORMANCE_DIR ?? fileURLToPath(new URL('../cases', import.meta.url));

const file: { inputs: Record<string, readonly LayerInput[]>; results: readonly LayerResult[] } = JSON.parse(
  readFileSync(`${folder}/dadiannao-tactical-scnn-layers.json`, 'utf8'),
);

export const layerResults = file.results;

const inputKeys = 'name type stride pad act wgt wDensity aDensity wSeed aSeed wNnz aNnz wSum aSum wMaskHex aMaskHex'.split(' ');

/** The layer of a result. */
export function layerInput({ net, layer }: LayerResult): LayerInput {
  const input = file.inputs[net]?.find(({ name }) => name === layer);
  if (!input) throw new Error(`result for the unknown layer ${net}/${layer}`);
  rejectUnknownKeys(`layer ${net}/${layer}`, input, inputKeys);
  if (input.type !== 'conv' && input.type !== 'fc') throw new Error(`unknown type of layer ${net}/${layer}: ${input.type}`);
  return input;
}

/** @throws Error naming the first key that is not known. */
export function rejectUnknownKeys(what: string, value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new Error(`unknown key of ${what}: ${unknown}`);
}

/** The forward pass of a layer, its tensors checked against the counts and sums of the case. */
export function forwardWork(layer: LayerInput): GemmWork {
  if (layer.type === 'fc') return denseWork(layer);
  const [batch, inChannels, ...inSize] = layer.act;
  const [outChannels, perGroup, ...kernelSize] = layer.wgt;
  const [W, A] = [pattern(layer, 'w'), pattern(layer, 'a')];
  const nest = convNest({
    ...{ batch, inSize, inChannels, outChannels, kernelSize },
    stride: [layer.stride, layer.stride],
    padding: [layer.pad, layer.pad],
    groups: inChannels / perGroup,
  });
  return {
    ...{ kind: 'gemm', layer: layer.name, phase: 'forward', nest, imageScale: 1 },
    input: { role: 'A', source: layer.name, nonzeros: permuted(A, layer.act, [0, 2, 3, 1]) },
    kernel: { role: 'W', source: layer.name, nonzeros: permuted(W, layer.wgt, [2, 3, 1, 0]) },
  };
}

/** A dense layer: whatever axes its input and its filters have, all but the first are features. */
function denseWork(layer: LayerInput): GemmWork {
  const [W, A] = [pattern(layer, 'w'), pattern(layer, 'a')];
  const [batch, outFeatures] = [layer.act[0], layer.wgt[0]];
  const inFeatures = A.length / batch;
  if (W.length !== inFeatures * outFeatures) throw new Error(`${layer.name}: ${W.length} weights for ${inFeatures} features`);
  return {
    ...{ kind: 'gemm', layer: layer.name, phase: 'forward', imageScale: 1 },
    nest: denseNest({ batch, inFeatures, outFeatures }),
    input: { role: 'A', source: layer.name, nonzeros: bitsFrom(A, [batch, inFeatures]) },
    kernel: { role: 'W', source: layer.name, nonzeros: permuted(W, [outFeatures, inFeatures], [1, 0]) },
  };
}

/** The non-zeros of a tensor, 1 or 0 in C order, by its mask or by the portable generator. */
function pattern(layer: LayerInput, tensor: 'w' | 'a'): readonly number[] {
  const weights = tensor === 'w';
  const [nnz, sum] = weights ? [layer.wNnz, layer.wSum] : [layer.aNnz, layer.aSum];
  const size = (weights ? layer.wgt : layer.act).reduce((product, axis) => product * axis, 1);
  const hex = weights ? layer.wMaskHex : layer.aMaskHex;
  const values = hex === undefined ? generated(layer, tensor, size) : masked(hex, size);
  const bits = values.map((value) => (value === 0 ? 0 : 1));
  const found = bits.filter((bit) => bit === 1).length;
  if (found !== nnz) throw new Error(`${layer.name}: ${tensor}Nnz is ${nnz}, the tensor has ${found}`);
  const total = values.reduce((a, b) => a + b, 0);
  if (hex === undefined && total !== sum) throw new Error(`${layer.name}: ${tensor}Sum is ${sum}, the tensor's ${total}`);
  return bits;
}

/** Two draws of a 32-bit linear congruential generator per element: whether it is non-zero, then its value. */
function generated(layer: LayerInput, tensor: 'w' | 'a', size: number): number[] {
  const [density, seed] = tensor === 'w' ? [layer.wDensity, layer.wSeed] : [layer.aDensity, layer.aSeed];
  let state = seed >>> 0;
  const draw = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  return Array.from({ length: size }, () => {
    const [first, second] = [draw(), draw()];
    if (first >= Math.floor(density * 2 ** 32)) return 0;
    const value = 1 + ((second >>> 16) % 7);
    return tensor === 'w' && second >>> 31 === 1 ? -value : value;
  });
}

function masked(hex: string, size: number): number[] {
  return Array.from({ length: size }, (_, i) => (Number.parseInt(hex[i >> 2], 16) >> (3 - (i & 3))) & 1);
}

function permuted(values: readonly number[], shape: readonly number[], order: readonly number[]): BitTensor {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const target = order.map((axis) => shape[axis]);
  const moved = values.map((_, i) => {
    let rest = i;
    let from = 0;
    for (let axis = target.length - 1; axis >= 0; axis--) {
      from += (rest % target[axis]) * strides[order[axis]];
      rest = Math.floor(rest / target[axis]);
    }
    return values[from];
  });
  const bits = bitsFrom(moved, target);
  if (countBits(bits) !== values.filter((value) => value !== 0).length) throw new Error('a permutation lost elements');
  return bits;
}
