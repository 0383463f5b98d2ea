import { createCartesianKernel } from '../../kernels/index.js';
import type { GemmWork, LoopNest } from '../contracts.js';
import { nestPhase } from '../nest-axes.js';
import { type ArraySums, arraySums } from './array-sums.js';
import { outputHashes } from './banks.js';
import type { ScnnSpec } from './options.js';
import { passesOf } from './passes.js';
import { backwardPlaneAxis, forwardPlaneAxis, type PlaneAxis } from './plane-axis.js';
import { kernelEntries, sliceEntries } from './plane-entries.js';

/**
 * Forward pass and input gradient of a layer with a map: image by image, pass by pass, a barrier per source channel, then the halos. A
 * depth axis adds no plane: the taps of its kernel are channels, its outputs images.
 */
export function runConvolution(work: GemmWork, spec: ScnnSpec): ArraySums {
  const { nest } = work;
  const forward = nestPhase(nest, work.phase) === 'forward';
  const planeAxis = forward ? forwardPlaneAxis : backwardPlaneAxis;
  const height = planeAxis(nest, 1, spec);
  const width = planeAxis(nest, 2, spec);
  const phases = height.stride * width.stride;
  const channels = forward ? nest.inChannels : nest.outChannels;
  const passChannels = channels / nest.groups;
  const passes = passesOf(work, height, width, spec);
  const depths = depthPairs(nest, forward);
  const sourceDepths = forward ? nest.inSize[0] : nest.outSize[0];
  const elements = height.elements * width.elements;
  const cartesian = createCartesianKernel({
    ...{ elements, phases, activationVector: spec.activationVector, weightVector: spec.weightVector, banks: spec.banks },
    ...{ rowHashes: outputHashes(height, 1), colHashes: outputHashes(width, 2) },
    ...{ firstRow: height.firstDifference, firstCol: width.firstDifference },
  });
  const kernels = Array.from({ length: nest.kernelSize[0] }, (_, depth) =>
    cartesian.keep(kernelEntries(work.kernel.nonzeros, depth, nest, forward, passes, height, width)),
  );
  const sums = arraySums();
  const halo = haloOf(height, width);
  const forgetImage = cartesian.mark();
  for (let image = 0; image < nest.batch; image++) {
    const slices = Array.from({ length: sourceDepths }, (_, depth) =>
      cartesian.keep(sliceEntries(work.input.nonzeros, image * sourceDepths + depth, channels, height, width)),
    );
    for (const pairs of depths) {
      passes.forEach((pass, index) => {
        for (const { source, kernel } of pairs) {
          const from = pass.firstChannel * elements * phases;
          cartesian.barriers(passChannels, slices[source], from, kernels[kernel], index * passChannels * phases);
        }
        const filters = pass.endFilter - pass.firstFilter;
        sums.haloCycles += halo.longest * filters;
        sums.haloWords += halo.all * filters * elements;
      });
    }
    forgetImage();
  }
  Object.assign(sums, cartesian.sums());
  sums.cycles += sums.haloCycles;
  sums.streams = nest.batch * depths.length;
  sums.passes = sums.streams * passes.length;
  return sums;
}

/** Per depth of the result: the depths of the source that it gathers, with the depth of the kernel in between. */
function depthPairs(nest: LoopNest, forward: boolean): readonly (readonly { source: number; kernel: number }[])[] {
  const [stride, pad, dilation] = [nest.stride[0], nest.padBefore[0], nest.dilation[0]];
  const [results, sources] = forward ? [nest.outSize[0], nest.inSize[0]] : [nest.inSize[0], nest.outSize[0]];
  return Array.from({ length: results }, (_, result) =>
    Array.from({ length: nest.kernelSize[0] }, (_, kernel) => {
      const source = forward ? result * stride - pad + kernel * dilation : (result + pad - kernel * dilation) / stride;
      return { source, kernel };
    }).filter(({ source }) => Number.isInteger(source) && source >= 0 && source < sources),
  );
}

/** Partial sums per filter that an element exchanges with its eight neighbours: the most with one of them, and all. */
export function haloOf({ halo: rows }: PlaneAxis, { halo: cols }: PlaneAxis): { longest: number; all: number } {
  const regions = rows.flatMap((row, i) => cols.map((col, j) => (i === 1 && j === 1 ? 0 : row * col)));
  return { longest: Math.max(...regions), all: regions.reduce((sum, region) => sum + region, 0) };
}
