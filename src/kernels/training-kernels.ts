import { type ElementKernels, elementKernels } from './element-kernels.js';
import { type ConvGeometry, isEmpty } from './geometry.js';
import { crewOn, mostParts } from './kernel-crew.js';
import { bestKernelBuild, type Pointer, wasmFunctions } from './wasm-functions.js';

/**
 * The kernels that training needs, on addresses in one memory. Those here only add to their outputs: clear those first. They allocate
 * nothing; `scratch` is room that the caller provides.
 */
export interface TrainingKernels extends ElementKernels {
  /**
   * C [m][n] += A [m][k] B [k][n]. Element (i, p) of A lies at `a + i aRow + p aColumn`; B is stored [k][n], or [n][k] when
   * `bTransposed`; `bRow` and `cRow` are the bytes from row to row as stored. Scratch: {@link gemmScratchBytes}.
   */
  gemm(
    m: number,
    n: number,
    k: number,
    a: Pointer,
    aRow: number,
    aColumn: number,
    b: Pointer,
    bRow: number,
    bTransposed: boolean,
    c: Pointer,
    cRow: number,
    scratch: Pointer,
  ): void;
  /** Bytes of scratch for {@link TrainingKernels.conv2dForward}. */
  conv2dForwardScratch(g: ConvGeometry): number;
  /** y [n][oh][ow][co] += sum over taps of x w; dilation 1. */
  conv2dForward(x: Pointer, w: Pointer, y: Pointer, scratch: Pointer, g: ConvGeometry): void;
  /** Bytes of scratch for {@link TrainingKernels.conv2dFilterGradient}. */
  conv2dFilterGradientScratch(g: ConvGeometry): number;
  /** dw [kh][kw][ci][co] += sum over pixels of x dy; dilation 1. */
  conv2dFilterGradient(x: Pointer, dy: Pointer, dw: Pointer, scratch: Pointer, g: ConvGeometry): void;
  /** Bytes of scratch for {@link TrainingKernels.conv2dInputGradient}. */
  conv2dInputGradientScratch(g: ConvGeometry): number;
  /** dx [n][ih][iw][ci] += sum over taps of dy w; dilation 1. */
  conv2dInputGradient(dy: Pointer, w: Pointer, dx: Pointer, scratch: Pointer, g: ConvGeometry): void;
  /** dw [kh][kw][c] += sum over pixels of x dy; channel multiplier 1. */
  depthwiseFilterGradient(x: Pointer, dy: Pointer, dw: Pointer, g: ConvGeometry): void;
  /** dx [n][ih][iw][c] += sum over taps of dy w; channel multiplier 1. */
  depthwiseInputGradient(dy: Pointer, w: Pointer, dx: Pointer, g: ConvGeometry): void;
  /** dx += max-pooling gradient: each dy goes to the first largest element of its window (the kernel size of `g`). */
  maxPoolGradient(x: Pointer, dy: Pointer, dx: Pointer, g: ConvGeometry): void;
  /** out [segments][width] += rows of x [rows][width], each to the segment its id (int32) names; ids out of range are ignored. */
  segmentSum(x: Pointer, ids: Pointer, rows: number, width: number, segments: number, out: Pointer): void;
  /** {@link TrainingKernels.segmentSum} for int32 values. */
  segmentSumInteger(x: Pointer, ids: Pointer, rows: number, width: number, segments: number, out: Pointer): void;
  /** out [width] += sum of the rows of x [rows][width]. */
  sumRows(x: Pointer, rows: number, width: number, out: Pointer): void;
  /** target[i targetStep] = source[i sourceStep], steps in elements. */
  copyStrided(source: Pointer, sourceStep: number, target: Pointer, targetStep: number, count: number): void;
  /** Bit i & 31 of word i >> 5 of out = float32 values[i] is not zero; writes ceil(count / 32) words. */
  packBits(values: Pointer, count: number, out: Pointer): void;
  /** out [m][n] (int32) = popcount(x_i AND y_j); rows of x and y are `vectors` times 16 bytes. */
  countPairs(x: Pointer, m: number, y: Pointer, n: number, vectors: number, out: Pointer): void;
}

/** Bytes of scratch for {@link TrainingKernels.gemm}. */
export const gemmScratchBytes = 8192 * mostParts;

/**
 * Instantiates the kernels on a memory, once per memory: they own no byte of it, so it may belong to another module.
 *
 * @param memory the memory all pointers refer to.
 * @param build which build of them; default {@link bestKernelBuild}.
 * @throws WebAssembly.CompileError where the engine has no SIMD, or not that of the build.
 * @example
 * ```ts
 * const memory = new WebAssembly.Memory({initial: 1});
 * const floats = new Float32Array(memory.buffer);
 * floats.set([1, 2, 3, 4]);
 * instantiateKernels(memory).sumRows(0, 2, 2, 16);
 * floats.slice(4, 6); // [1 + 3, 2 + 4]
 * ```
 */
export function instantiateKernels(memory: WebAssembly.Memory, build = bestKernelBuild()): TrainingKernels {
  const wasm = wasmFunctions(memory, build);
  const crew = crewOn(memory, build);
  /** Shares out a convolution by images, four of which make the rows of a tile, which takes one step at least. */
  const byImages = (name: string, bytes: number, g: ConvGeometry, at: (image: number) => number[], scratch: Pointer) => {
    if (isEmpty(g)) return;
    const calls = crew
      .parts(g.batch, 4)
      .map(([from, to], part) => [...[...at(from), scratch + part * bytes, to - from], ...convLoops(g).slice(1)]);
    crew.run(name, calls);
  };
  const forwardScratch = (g: ConvGeometry) => wasm.forwardScratch(g.inChannels, g.kernelHeight, g.kernelWidth) >>> 0;
  const inputScratch = (g: ConvGeometry) => wasm.inputGradientScratch(g.outChannels, g.kernelHeight, g.kernelWidth) >>> 0;
  const filterScratch = (g: ConvGeometry) =>
    isEmpty(g)
      ? 0
      : wasm.filterGradientScratch(g.inWidth, g.inChannels, g.outHeight, g.outWidth, g.outChannels, g.strideHeight) >>> 0;
  return {
    ...elementKernels(wasm),
    gemm(m, n, k, a, aRow, aColumn, b, bRow, bTransposed, c, cRow, scratch) {
      const bColumn = bTransposed ? bRow : 4;
      const calls = crew
        .parts(n, 8)
        .map(([from, to], part) => [
          ...[m, to - from, k, a, aRow, aColumn, b + from * bColumn, bRow, Number(bTransposed)],
          ...[c + 4 * from, cRow, scratch + 8192 * part],
        ]);
      crew.run('gemm', calls);
    },
    conv2dForwardScratch: (g) => crew.size * forwardScratch(g),
    conv2dForward: (x, w, y, scratch, g) =>
      byImages('forward', forwardScratch(g), g, (image) => [x + image * inBytes(g), w, y + image * outBytes(g)], scratch),
    conv2dFilterGradientScratch: (g) => crew.size * filterScratch(g),
    conv2dFilterGradient(x, dy, dw, scratch, g) {
      if (isEmpty(g)) return;
      const bytes = filterScratch(g);
      const calls = crew.parts(g.outChannels, 8).map((part, i) => [x, dy, dw, scratch + i * bytes, ...convLoops(g), ...part]);
      crew.run('filterGradient', calls);
    },
    conv2dInputGradientScratch: (g) => crew.size * inputScratch(g),
    conv2dInputGradient: (dy, w, dx, scratch, g) =>
      byImages('inputGradient', inputScratch(g), g, (image) => [dy + image * outBytes(g), w, dx + image * inBytes(g)], scratch),
    depthwiseFilterGradient: (x, dy, dw, g) => wasm.depthwiseFilterGradient(x, dy, dw, ...depthwiseLoops(g)),
    depthwiseInputGradient: (dy, w, dx, g) => wasm.depthwiseInputGradient(dy, w, dx, ...depthwiseLoops(g)),
    maxPoolGradient: (x, dy, dx, g) => wasm.maxPoolGradient(x, dy, dx, ...depthwiseLoops(g)),
    segmentSum: wasm.segmentSum,
    segmentSumInteger: wasm.segmentSumInteger,
    sumRows: wasm.sumRows,
    copyStrided: wasm.copyStrided,
    packBits: wasm.packBits,
    countPairs: wasm.countPairs,
  };
}

/** Bytes of an image. */
const inBytes = (g: ConvGeometry) => 4 * g.inHeight * g.inWidth * g.inChannels;
const outBytes = (g: ConvGeometry) => 4 * g.outHeight * g.outWidth * g.outChannels;

const kernelWindow = (g: ConvGeometry) => [g.kernelHeight, g.kernelWidth, g.strideHeight, g.strideWidth] as const;

const convLoops = (g: ConvGeometry) =>
  [
    ...[g.batch, g.inHeight, g.inWidth, g.inChannels, g.outHeight, g.outWidth, g.outChannels],
    ...[...kernelWindow(g), g.padTop, g.padLeft],
  ] as const;

const depthwiseLoops = (g: ConvGeometry) =>
  [
    ...[g.batch, g.inHeight, g.inWidth, g.inChannels, g.outHeight, g.outWidth],
    ...[...kernelWindow(g), g.dilationHeight, g.dilationWidth, g.padTop, g.padLeft],
  ] as const;
