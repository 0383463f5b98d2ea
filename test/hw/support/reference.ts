import fc from 'fast-check';
import type { BitTensor, GemmWork, LoopNest } from '../../../src/hw/index.js';
import { bernoulliBits, convNest, getBit } from '../../../src/hw/index.js';
import { createRng } from '../../../src/rng.js';

/** Visits every product of a nest the slow, obvious way: seven loops. Indices are row-major positions in X, W and Y. */
export function forEachProduct(nest: LoopNest, visit: (x: number, w: number, y: number) => void): void {
  const inGroup = nest.inChannels / nest.groups;
  const outGroup = nest.outChannels / nest.groups;
  const [inD, inH, inW] = nest.inSize;
  const [outD, outH, outW] = nest.outSize;
  const [kD, kH, kW] = nest.kernelSize;
  for (let b = 0; b < nest.batch; b++)
    for (let z = 0; z < outD; z++)
      for (let y = 0; y < outH; y++)
        for (let x = 0; x < outW; x++)
          for (let td = 0; td < kD; td++)
            for (let th = 0; th < kH; th++)
              for (let tw = 0; tw < kW; tw++) {
                const iz = z * nest.stride[0] - nest.padBefore[0] + td * nest.dilation[0];
                const iy = y * nest.stride[1] - nest.padBefore[1] + th * nest.dilation[1];
                const ix = x * nest.stride[2] - nest.padBefore[2] + tw * nest.dilation[2];
                if (iz < 0 || iz >= inD || iy < 0 || iy >= inH || ix < 0 || ix >= inW) continue;
                for (let co = 0; co < nest.outChannels; co++)
                  for (let ci = 0; ci < inGroup; ci++) {
                    const input = Math.floor(co / outGroup) * inGroup + ci;
                    visit(
                      (((b * inD + iz) * inH + iy) * inW + ix) * nest.inChannels + input,
                      (((td * kH + th) * kW + tw) * inGroup + ci) * nest.outChannels + co,
                      (((b * outD + z) * outH + y) * outW + x) * nest.outChannels + co,
                    );
                  }
              }
}

/** Products of a work by the seven loops: all of them, and those whose factors are non-zero and whose output is wanted. */
export function slowMacs(work: GemmWork): { dense: number; effectual: number } {
  const { nest } = work;
  const phase = nest.transposed ? swapped[work.phase] : work.phase;
  const transposedGradient = phase === 'weightGradient' && nest.transposed;
  const [first, second] = transposedGradient ? [work.kernel, work.input] : [work.input, work.kernel];
  let dense = 0;
  let effectual = 0;
  forEachProduct(nest, (x, w, y) => {
    const at = { forward: [x, w, y], inputGradient: [y, w, x], weightGradient: [x, y, w] }[phase];
    const wanted = work.output === undefined || getBit(work.output.nonzeros, at[2] as number);
    dense++;
    if (wanted && getBit(first.nonzeros, at[0] as number) && getBit(second.nonzeros, at[1] as number)) effectual++;
  });
  return { dense, effectual };
}

const swapped = { forward: 'inputGradient', inputGradient: 'forward', weightGradient: 'weightGradient' } as const;

/** Shapes of the tensors of a nest: X (input side), Y (output side) and W. */
export function nestShapes(nest: LoopNest): { X: number[]; Y: number[]; W: number[] } {
  return {
    X: [nest.batch, ...nest.inSize, nest.inChannels],
    Y: [nest.batch, ...nest.outSize, nest.outChannels],
    W: [...nest.kernelSize, nest.inChannels / nest.groups, nest.outChannels],
  };
}

/** A work over random bits. */
export function randomWork(nest: LoopNest, phase: GemmWork['phase'], density: number, seed: number, masked = false): GemmWork {
  const rng = createRng(seed);
  const shapes = nestShapes(nest);
  const bits = (shape: number[]): BitTensor => bernoulliBits(shape, density, rng);
  const [A, E] = nest.transposed ? [bits(shapes.Y), bits(shapes.X)] : [bits(shapes.X), bits(shapes.Y)];
  const operands = { A, E, W: bits(shapes.W), G: bits(shapes.W) };
  const operand = (role: 'A' | 'E' | 'W' | 'G') => ({ role, source: 'layer', nonzeros: operands[role] });
  const common = { kind: 'gemm', layer: 'layer', phase, nest, imageScale: 1 } as const;
  if (phase === 'forward') return { ...common, input: operand('A'), kernel: operand('W') };
  if (phase === 'inputGradient') return { ...common, input: operand('E'), kernel: operand('W') };
  const work = { ...common, input: operand('A'), kernel: operand('E') };
  return masked ? { ...work, output: operand('G') } : work;
}

/** Small nests of every kind: one to three axes, strides, dilation, padding rules, groups, transposed. */
export const smallNests: fc.Arbitrary<LoopNest> = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    axes: fc.array(
      fc.record({
        size: fc.integer({ min: 1, max: 7 }),
        kernel: fc.integer({ min: 1, max: 3 }),
        stride: fc.integer({ min: 1, max: 3 }),
        dilation: fc.integer({ min: 1, max: 3 }),
        pad: fc.integer({ min: 6, max: 8 }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    depth: fc.boolean(),
    rule: fc.constantFrom('same', 'numbers'),
    groups: fc.integer({ min: 1, max: 3 }),
    inGroup: fc.integer({ min: 1, max: 35 }),
    outGroup: fc.integer({ min: 1, max: 5 }),
    transposed: fc.boolean(),
  })
  .map(({ batch, axes, depth, rule, groups, inGroup, outGroup, transposed }) => {
    const all = depth ? [{ size: 2, kernel: 2, stride: 1, dilation: 1, pad: 7 }, ...axes] : axes;
    return convNest({
      batch,
      inSize: all.map(({ size }) => size),
      kernelSize: all.map(({ kernel }) => kernel),
      stride: all.map(({ stride }) => stride),
      dilation: all.map(({ dilation }) => dilation),
      padding: rule === 'same' ? 'same' : all.map(({ pad, size }) => [Math.max(0, pad - size), 1 + (pad % 3)] as const),
      groups,
      inChannels: groups * inGroup,
      outChannels: groups * outGroup,
      transposed,
    });
  });
