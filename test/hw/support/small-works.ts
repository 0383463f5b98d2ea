import * as fc from 'fast-check';
import { bernoulliBits, convNest, denseNest, type GemmWork, type LoopNest, onesBits, trainingWorks } from 'tfjs-sparsity/hw';
import { createRng } from '../../../src/rng.js';

/** Small layers of all kinds: dense, strided, padded, grouped, dilated, transposed, one to three axes. */
export const smallNests: fc.Arbitrary<LoopNest> = fc.oneof(
  fc
    .record({
      batch: fc.integer({ min: 1, max: 4 }),
      inFeatures: fc.integer({ min: 1, max: 40 }),
      outFeatures: fc.integer({ min: 1, max: 9 }),
    })
    .map(denseNest),
  fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      inSize: fc.array(fc.integer({ min: 3, max: 6 }), { minLength: 1, maxLength: 2 }),
      inPerGroup: fc.integer({ min: 1, max: 3 }),
      outPerGroup: fc.integer({ min: 1, max: 3 }),
      groups: fc.integer({ min: 1, max: 3 }),
      kernel: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 2 }),
      padding: fc.constantFrom('same' as const, 'valid' as const),
      transposed: fc.boolean(),
    })
    .map(({ batch, inSize, inPerGroup, outPerGroup, groups, kernel, stride, padding, transposed }) =>
      convNest({
        batch,
        inSize,
        inChannels: inPerGroup * groups,
        outChannels: outPerGroup * groups,
        kernelSize: inSize.map(() => kernel),
        stride: inSize.map(() => stride),
        padding,
        groups,
        transposed,
      }),
    ),
);

export const phases = ['forward', 'inputGradient', 'weightGradient'] as const;

/** Densities of the three tensors of a work: of all zeros, of all ones, and between. */
export const densities = fc.constantFrom(0, 0.1, 0.3, 0.6, 1);

/** Works over small layers, with random maps; half of the weight gradients are sampled. */
export const smallWorks: fc.Arbitrary<GemmWork> = fc
  .record({
    nest: smallNests,
    phase: fc.constantFrom(...phases),
    input: densities,
    kernel: densities,
    output: fc.option(densities, { nil: undefined }),
    seed: fc.integer(),
  })
  .map(({ nest, phase, input, kernel, output, seed }) => workOf(nest, phase, { input, kernel, output }, seed));

/** Works whose images stand for a batch that they need not divide. */
export const sampledWorks: fc.Arbitrary<GemmWork> = fc
  .record({ work: smallWorks, imageScale: fc.constantFrom(1, 1, 2, 2.5, 3) })
  .map(({ work, imageScale }) => ({ ...work, imageScale: Math.round(work.nest.batch * imageScale) / work.nest.batch }));

/** Works of products of two activations, forward and towards both factors. */
export const productWorks: fc.Arbitrary<GemmWork> = fc
  .record({
    images: fc.integer({ min: 1, max: 2 }),
    rows: fc.integer({ min: 1, max: 6 }),
    depth: fc.integer({ min: 1, max: 8 }),
    columns: fc.integer({ min: 1, max: 6 }),
    heads: fc.integer({ min: 1, max: 3 }),
    density: fc.tuple(densities, densities, densities),
    which: fc.integer({ min: 0, max: 2 }),
    seed: fc.integer(),
  })
  .map(({ images, rows, depth, columns, heads, density: [a, w, e], which, seed }) => {
    const rng = createRng(seed);
    const nest = convNest({
      batch: images,
      inSize: [rows],
      inChannels: heads * depth,
      outChannels: heads * columns,
      kernelSize: [1],
      groups: heads,
    });
    const map = (shape: number[], share: number) => (share === 1 ? onesBits(shape) : bernoulliBits(shape, share, rng));
    const W = map([images, depth, nest.outChannels], w);
    const [A, E] = [map([images, rows, nest.inChannels], a), map([images, rows, nest.outChannels], e)];
    const record = { layer: 'layer', use: 0, nest, W, backwardW: W, A, E, needsInputGradient: true, batchTotal: images };
    return trainingWorks([{ ...record, kernelRole: 'A' }], { slots: 0, masked: [] })[which] as GemmWork;
  });

/** A work with Bernoulli maps of given densities. */
export function workOf(
  nest: LoopNest,
  phase: GemmWork['phase'],
  density: { input: number; kernel: number; output?: number | undefined },
  seed: number,
): GemmWork {
  const rng = createRng(seed);
  const nestInput = [nest.batch, ...nest.inSize, nest.inChannels];
  const nestOutput = [nest.batch, ...nest.outSize, nest.outChannels];
  const A = nest.transposed ? nestOutput : nestInput;
  const E = nest.transposed ? nestInput : nestOutput;
  const W = [...nest.kernelSize, nest.inChannels / nest.groups, nest.outChannels];
  const map = (shape: number[], share: number) => (share === 1 ? onesBits(shape) : bernoulliBits(shape, share, rng));
  const operand = <R extends 'W' | 'A' | 'E' | 'G'>(role: R, shape: number[], share: number) => ({
    role,
    source: 'layer',
    nonzeros: map(shape, share),
  });
  const common = { kind: 'gemm', layer: 'layer', nest, imageScale: 1 } as const;
  switch (phase) {
    case 'forward':
      return { ...common, phase, input: operand('A', A, density.input), kernel: operand('W', W, density.kernel) };
    case 'inputGradient':
      return { ...common, phase, input: operand('E', E, density.input), kernel: operand('W', W, density.kernel) };
    case 'weightGradient': {
      const work = { ...common, phase, input: operand('A', A, density.input), kernel: operand('E', E, density.kernel) } as const;
      return density.output === undefined ? work : { ...work, output: operand('G', W, density.output) };
    }
  }
}
