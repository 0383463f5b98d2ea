/**
 * The three products of a layer at a sparsity, kernel by kernel: GFLOP/s of the MACs that the mask leaves, in both builds of the kernels, and
 * of the dense kernel for all MACs, interleaved in one process; medians of CPU time on one thread.
 *
 *     npm run bench:sparse-kernels [-- --sparsity 0.9 --rounds 25 --layers conv]
 *
 * The layers are those of the networks of `npm run bench:training`. `times` is how many times faster the sparse kernel (relaxed) is than the
 * dense one; `segments` into how many the list is cut, for a first-level cache.
 */
import { cpus } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { createRng } from 'tfjs-sparsity';
import {
  backwardFrame,
  backwardProducts,
  type ConvGeometry,
  type Frame,
  forwardFrame,
  forwardProduct,
  gemmScratchBytes,
  instantiateKernels,
  instantiateLaneKernels,
  type LaneProduct,
  mapsOf,
  segmentCount,
} from 'tfjs-sparsity/kernels';
import { checkBeginnings } from './check-names.js';
import { cpuMsSince } from './cpu-ms-since.js';
import { median } from './median.js';
import { readFlags } from './read-flags.js';

const args = await readFlags({
  sparsity: { type: 'number', default: 0.9, describe: 'Fraction of the weights that are zero, at random places' },
  rounds: { type: 'number', default: 25, describe: 'Samples of each kernel, interleaved' },
  layers: { type: 'string', default: '', describe: 'Layers whose name begins so' },
});

// In node 20 relaxed SIMD is behind a flag, which holds for modules that are compiled from now on.
setFlagsFromString('--experimental-wasm-relaxed-simd');

/** A layer of one of the networks: `size` is the edge of its square maps. */
function layer(batch: number, size: number, inChannels: number, outChannels: number, kernel: number): ConvGeometry {
  const pad = (kernel - 1) / 2;
  return {
    ...{ batch, inHeight: size, inWidth: size, inChannels, outHeight: size, outWidth: size, outChannels },
    ...{ kernelHeight: kernel, kernelWidth: kernel, strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1 },
    ...{ padTop: pad, padLeft: pad },
  };
}

const layers: Readonly<Record<string, ConvGeometry>> = {
  'dense 784 -> 512': layer(128, 1, 784, 512, 1),
  'dense 512 -> 512': layer(128, 1, 512, 512, 1),
  'conv 32 -> 64 @ 32': layer(32, 32, 32, 64, 3),
  'conv 64 -> 128 @ 16': layer(32, 16, 64, 128, 3),
  'conv 128 -> 128 @ 8': layer(32, 8, 128, 128, 3),
};
checkBeginnings('--layers', [args.layers], Object.keys(layers));

const builds = ['strict', 'relaxed'] as const;
const phases = ['forward', 'dX', 'dW'] as const;

type Bodies = Readonly<Record<(typeof phases)[number], () => void>>;

/** The products of a layer on a memory of their own: of its list in each build, and of all its weights. */
function productsOf(g: ConvGeometry) {
  const rng = createRng('bench');
  const [weights, images] = [g.kernelHeight * g.kernelWidth * g.inChannels * g.outChannels, g.batch * g.inHeight * g.inWidth];
  const mask = Uint8Array.from({ length: weights }, () => (rng.uniform() < args.sparsity ? 0 : 1));
  const memory = new WebAssembly.Memory({ initial: 1600 });
  new Float32Array(memory.buffer).fill(0.01);
  let top = 64;
  const room = (bytes: number) => {
    const at = top;
    top += Math.ceil(bytes / 64) * 64;
    return at;
  };
  const put = (words: Uint32Array) => {
    const at = room(words.byteLength);
    new Uint32Array(memory.buffer).set(words, at / 4);
    return at;
  };
  const blocks = g.batch / 32;
  const map = (channels: number, { top: above, left, bottom, right }: Frame) => {
    const [height, width] = [above + g.inHeight + bottom, left + g.inWidth + right];
    return { pointer: room(128 * blocks * height * width * channels), height, width, channels };
  };
  const onMemory = (product: LaneProduct, rows: number) => ({
    ...product,
    pointers: {
      ...{ rowStart: put(product.list.rowStart), offsets: put(product.list.offsets) },
      ...{ rows, segments: (product.list.rowStart.length - 1) / rows, quads: false },
    },
  });
  const taps = g.kernelHeight * g.kernelWidth;
  const segments = (channels: number) => segmentCount(channels, taps, 1 - args.sparsity);
  const forward = onMemory(forwardProduct(g, mask, segments(g.inChannels)), g.outChannels);
  const [backward] = backwardProducts(g, mask, segments(g.outChannels)).map((product) => onMemory(product, g.inChannels));
  const none = { top: 0, left: 0, bottom: 0, right: 0 };
  const [A, y, E, dx] = [
    map(g.inChannels, forwardFrame(g)),
    map(g.outChannels, none),
    map(g.outChannels, backwardFrame(g)),
    map(g.inChannels, none),
  ];
  const [values, dense, partials, scratch] = [
    room(4 * weights),
    room(4 * weights),
    room(16 * weights),
    room(2 ** 21 + gemmScratchBytes),
  ];
  const sparse = builds.map((build): Bodies => {
    const kernels = instantiateLaneKernels(memory, build);
    const product = ({ pointers, ...walk }: typeof forward, x: typeof A, out: typeof A) => {
      const { framed, other, counts } = mapsOf(walk, blocks, x, out);
      kernels.product(pointers, values, 0, false, framed, other, counts);
    };
    return {
      forward: () => product(forward, A, y),
      dX: () => product(backward, E, dx),
      dW() {
        const { framed, other, counts } = mapsOf(forward, blocks, A, y);
        kernels.weightGradient(forward.pointers, values, partials, framed, other, counts);
      },
    };
  });
  const kernels = instantiateKernels(memory, 'relaxed');
  const { inChannels: n, outChannels: m } = g;
  const matrix: Bodies = {
    forward: () => kernels.gemm(images, m, n, A.pointer, 4 * n, 4, dense, 4 * m, false, y.pointer, 4 * m, scratch),
    dX: () => kernels.gemm(images, n, m, E.pointer, 4 * m, 4, dense, 4 * m, true, dx.pointer, 4 * n, scratch),
    dW: () => kernels.gemm(n, m, images, A.pointer, 4, 4 * n, E.pointer, 4 * m, false, dense, 4 * m, scratch),
  };
  const convolution: Bodies = {
    forward: () => kernels.conv2dForward(A.pointer, dense, y.pointer, scratch, g),
    dX: () => kernels.conv2dInputGradient(E.pointer, dense, dx.pointer, scratch, g),
    dW: () => kernels.conv2dFilterGradient(A.pointer, E.pointer, dense, scratch, g),
  };
  const flops = (kept: number) => 2 * images * kept;
  return {
    segments: { forward: forward.pointers.segments, dX: backward.pointers.segments, dW: forward.pointers.segments },
    bodies: [...sparse, taps === 1 ? matrix : convolution],
    flops: [flops(forward.list.order.length), flops(forward.list.order.length), flops(weights)],
  };
}

/** Milliseconds of CPU of a call of each body: the median over rounds, interleaved, of as many calls as take some 10 ms. */
function measure(bodies: readonly (() => void)[]): number[] {
  const once = (body: () => void, calls: number) => {
    const before = process.cpuUsage();
    for (let call = 0; call < calls; call++) body();
    return cpuMsSince(before) / calls;
  };
  const calls = bodies.map((body) => {
    once(body, 1);
    return Math.ceil(10 / (once(body, 3) + 0.01));
  });
  const samples: number[][] = bodies.map(() => []);
  for (let round = 0; round < args.rounds; round++)
    bodies.forEach((body, i) => {
      samples[i].push(once(body, calls[i]));
    });
  return samples.map(median);
}

console.log(
  `${cpus()[0]?.model.trim()}, node ${process.version}, ${100 * args.sparsity} % zeros, one thread, median of ${args.rounds}`,
);
console.log('layer                phase    segments  strict GFLOP/s  relaxed GFLOP/s  dense GFLOP/s  relaxed ms  times');
for (const [name, geometry] of Object.entries(layers).filter(([name]) => name.startsWith(args.layers))) {
  const { segments, bodies, flops } = productsOf(geometry);
  for (const phase of phases) {
    const times = measure(bodies.map((body) => body[phase]));
    const [strict, relaxed, dense] = times.map((ms, i) => (flops[i] / ms / 1e6).toFixed(1));
    const cells = [
      ...[name.padEnd(20), phase.padEnd(8), String(segments[phase]).padStart(8), strict.padStart(15), relaxed.padStart(16)],
      ...[dense.padStart(14), times[1].toFixed(3).padStart(11), (times[2] / times[1]).toFixed(2).padStart(6)],
    ];
    console.log(cells.join(' '));
  }
}
