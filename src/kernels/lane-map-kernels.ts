import type { ConvGeometry } from './geometry.js';
import type { Pointer, WasmFunction } from './wasm-functions.js';

/** What batch normalisation works with, [channels] each; `gamma` and `beta` are 0 where the layer has none. */
export interface NormaliseParameters {
  readonly mean: Pointer;
  readonly variance: Pointer;
  readonly gamma: Pointer;
  readonly beta: Pointer;
  readonly epsilon: number;
}

/** Images in lanes, [block][pixel][channel][32]; `pixels` of one image. */
export interface LaneImages {
  readonly batch: number;
  readonly pixels: number;
  readonly channels: number;
}

/** Kernels for the layers between those with kernels; see `LaneKernels`. They overwrite their outputs. */
export interface LaneMapKernels {
  /** mean and variance [channels] over pixels and images; scratch of 8 bytes a channel and 128. */
  moments(x: Pointer, images: LaneImages, mean: Pointer, variance: Pointer, scratch: Pointer): void;
  /** y = gamma (x - mean) / sqrt(variance + epsilon) + beta, and relu of it where asked; scratch of 24 bytes a channel and 128. */
  normalise(x: Pointer, y: Pointer, images: LaneImages, parameters: NormaliseParameters, relu: boolean, scratch: Pointer): void;
  /** gradients [2, channels]: those of gamma and of beta; scratch of 40 bytes a channel. */
  normaliseSums(
    x: Pointer,
    dy: Pointer,
    gradients: Pointer,
    images: LaneImages,
    parameters: NormaliseParameters,
    relu: boolean,
    scratch: Pointer,
  ): void;
  /** dx; `gradients` as above where mean and variance are those of x, else 0; scratch of 24 bytes a channel and 128. */
  normaliseGradient(
    x: Pointer,
    dy: Pointer,
    gradients: Pointer,
    dx: Pointer,
    images: LaneImages,
    parameters: NormaliseParameters,
    relu: boolean,
    scratch: Pointer,
  ): void;
  /** y = the mean of each window, the kernel of `g`, without padding. */
  averagePool(x: Pointer, y: Pointer, blocks: number, g: ConvGeometry): void;
  /** dx = each dy over the size of its window, padding included, as tfjs has it. */
  averagePoolGradient(dy: Pointer, dx: Pointer, blocks: number, g: ConvGeometry): void;
  /** dx = dy at all elements of a map that equal y. */
  globalMaxGradient(x: Pointer, y: Pointer, dy: Pointer, dx: Pointer, blocks: number, pixels: number, channels: number): void;
  /** out = gradient + decay w, but gradient for the `kept` weights of `order`; `count` weights in all. */
  addDecay(gradient: Pointer, w: Pointer, decay: number, order: Pointer, kept: number, out: Pointer, count: number): void;
  /** sum = a + b, and relu of it where asked; `count` is a multiple of 4. */
  add(a: Pointer, b: Pointer, sum: Pointer, count: number, relu: boolean): void;
}

/** The numbers of a window as the kernels take them. */
export function windowNumbers(g: ConvGeometry): number[] {
  return [
    ...[g.inHeight, g.inWidth, g.inChannels, g.outHeight, g.outWidth],
    ...[g.kernelHeight, g.kernelWidth, g.strideHeight, g.strideWidth, g.padTop, g.padLeft],
  ];
}

/** @param wasm the functions of the module, on the memory of all pointers. */
export function laneMapKernels(wasm: Readonly<Record<string, WasmFunction>>): LaneMapKernels {
  const prepare = ({ mean, variance, gamma, beta, epsilon }: NormaliseParameters, channels: number, normaliser: Pointer) =>
    wasm.lanesNormaliser(mean, variance, gamma, beta, epsilon, channels, normaliser);
  return {
    moments: (x, { batch, pixels, channels }, mean, variance, scratch) =>
      wasm.lanesMoments(x, batch, pixels, channels, mean, variance, scratch),
    normalise(x, y, { batch, pixels, channels }, parameters, relu, scratch) {
      const normaliser = scratch + 128;
      prepare(parameters, channels, normaliser);
      wasm.lanesNormalise(x, y, batch, pixels, channels, normaliser, Number(relu), scratch);
    },
    normaliseSums(x, dy, gradients, { batch, pixels, channels }, parameters, relu, normaliser) {
      prepare(parameters, channels, normaliser);
      const sums = normaliser + 24 * channels;
      const rows = Math.ceil(batch / 32) * pixels;
      wasm.lanesNormaliseSums(x, dy, rows, channels, normaliser, Number(relu), gradients, sums);
    },
    normaliseGradient(x, dy, gradients, dx, { batch, pixels, channels }, parameters, relu, scratch) {
      const normaliser = scratch + 128;
      prepare(parameters, channels, normaliser);
      if (gradients) wasm.lanesNormaliserTerms(normaliser, channels, gradients, batch * pixels);
      wasm.lanesNormaliseGradient(x, dy, dx, batch, pixels, channels, normaliser, Number(relu), scratch);
    },
    averagePool: (x, y, blocks, g) => wasm.averagePoolLanes(x, y, blocks, ...windowNumbers(g)),
    averagePoolGradient: (dy, dx, blocks, g) => wasm.averagePoolGradientLanes(dy, dx, blocks, ...windowNumbers(g)),
    globalMaxGradient: wasm.globalMaxGradientLanes,
    addDecay: wasm.addDecay,
    add: (a, b, sum, count, relu) => wasm.addLanes(a, b, sum, count, Number(relu)),
  };
}
