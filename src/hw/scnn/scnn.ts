import type { OuterKernel } from '../../kernels/index.js';
import { checkSpec, tableOf } from '../check-spec.js';
import { statelessRun } from '../checked-run.js';
import type { Accelerator, PhaseWork, WorkCounts } from '../contracts.js';
import type { OwnResources } from '../registry.js';
import { wholeBatch } from '../whole-batch.js';
import { runConvolution } from './convolution.js';
import { type ScnnOptions, type ScnnSpec, scnnSchema } from './options.js';
import { outerKernel } from './outer-kernel.js';
import { isDense } from './outer-products.js';
import { runOuterProducts } from './run-outer-products.js';
import { gemmCounts, updateCounts } from './work-counts.js';

/**
 * SCNN as published: a grid of processing elements that hold a tile of the map each, and a Cartesian product of F non-zero weights and I
 * non-zero activations per cycle and element, scattered to banks of accumulators (ledger 1.5).
 *
 * Filters are worked on `Kc` at a time, as many as the accumulators hold for an element's outputs. In each of these passes all elements
 * take the same weights of a source channel and wait for the slowest before the next channel:
 *
 *     element = sum over stride phases, vectors of activations, vectors of weights of max(1, products in the fullest bank)
 *     work = sum over images, passes, channels of max(element), + per image and pass the partial sums of the largest halo
 *
 * - **forward**: A meets W. With a stride only operands of equal remainder (on padded coordinates) meet.
 * - **inputGradient**: E, its elements `stride` apart, meets the rotated W with its channels exchanged, at stride 1.
 * - **weightGradient**: as a kernel, E would be as large as the map and almost all products of it with A would miss the gradient. So the
 *   product is taken over channels: at each image and output pixel the non-zeros of A under all taps meet those of E. Taps and input
 *   channels lie on the plane, output channels are the filters, pixels take the place of source channels. Zeros of the gradient that are
 *   not wanted are computed all the same.
 * - **dense layers** have no map: the images of the batch lie on the plane, and features are the channels.
 *
 * Multiplier-cycles are lost to `fragmentation` (vectors that are not full), `outside` (products that meet no output), `ineffectual`
 * (outputs that are not wanted), `conflicts` (for an accumulator bank), `imbalance` (waiting for the slowest element), `halo`, `memory`.
 *
 * What flatters the design: the outputs of an element are drained and compressed while the next pass computes.
 *
 * @throws SparsityError naming the option that is wrong; when it runs, if the accumulators hold no filter.
 * @example
 * ```ts
 * scnn({peRows: 4, peCols: 4}).start().executeStep([]).works.length; // 0
 * ```
 */
export function scnn(options: ScnnOptions = {}): Accelerator {
  return build(checkSpec(scnnSchema, options, 'scnn'));
}

/** How specs of kind `scnn` are checked and built. */
export const scnnKind = { schema: scnnSchema, build, resources };

function resources({ peRows, peCols, activationVector, weightVector, activationRamKb, bytesPerValue }: ScnnSpec): OwnResources {
  const pes = peRows * peCols;
  return { units: pes * activationVector * weightVector, sramKb: pes * 2 * activationRamKb, valueBits: 8 * bytesPerValue };
}

function build(spec: ScnnSpec): Accelerator {
  let kernel: OuterKernel | undefined; // made at the first use, as it remembers how long bricks take
  return {
    spec,
    energyTable: tableOf(spec.energyTable),
    start: () =>
      statelessRun((works) => {
        kernel ??= outerKernel(spec);
        const outer = kernel;
        return works.map((work) => execute(work, spec, outer));
      }),
  };
}

function execute(work: PhaseWork, spec: ScnnSpec, kernel: OuterKernel): WorkCounts {
  if (work.kind === 'update') return updateCounts(work, spec);
  if (work.phase === 'weightGradient') return gemmCounts(work, runOuterProducts(work, spec, kernel), false, spec);
  if (!isDense(work.nest)) return gemmCounts(work, runConvolution(work, spec), true, spec);
  const batch = work.nest.batch < spec.peRows * spec.peCols ? wholeBatch(work) : work;
  return gemmCounts(batch, runOuterProducts(batch, spec, kernel), false, spec);
}
