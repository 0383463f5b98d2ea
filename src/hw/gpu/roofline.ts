import * as z from 'zod';
import { checkSpec, specFields } from '../check-spec.js';
import type { EstimatedWork, Estimator, GemmWork, PhaseWork } from '../contracts.js';
import { denseKernel, gemmMacs, type Kernel } from './dense-kernel.js';
import { estimatedWork, estimateWorks, kernelSeconds } from './kernel-time.js';
import { efficienciesFit, type GpuOptions, gpuFields, powersFit } from './options.js';
import { isTwoOfFour } from './two-of-four.js';

/** Options of {@link roofline}. */
export interface RooflineOptions extends GpuOptions {
  /** Whether kernels that are 2:4 along the reduction run at twice the rate, as sparse tensor cores do. @default false */
  readonly structured?: boolean;
}

const schema = z
  .strictObject({
    kind: z.literal('roofline').default('roofline'),
    name: specFields.name.default('a100-fp32'),
    peakTflops: z.number().positive().default(19.5),
    ...gpuFields,
    structured: z.boolean().default(false),
  })
  .refine(...efficienciesFit)
  .refine(...powersFit);

/** The spec of a roofline, defaults filled in. */
export type RooflineSpec = z.infer<typeof schema>;

/** How specs of kind `roofline` are checked and built. */
export const rooflineKind = { schema, build };

/**
 * Modelled time of a GPU by its roofline, dense or with 2:4 weights (ledger 1.5; section 4, 21): context for a comparison, never its
 * reference, which is a dense array of as many multipliers.
 *
 *     low  = max(2 MACs / peak, bytes / bandwidth) / efficiencyHigh
 *     high = max(2 MACs / peak, bytes / bandwidth) / efficiencyLow + launch
 *
 * A GEMM is one kernel, also where images that are drawn stand for others in a product of activations; each tensor moves once;
 * products with the padding are multiplied, zeros inserted by strides are not. Unstructured zeros save nothing. With `structured`
 * the kernel's half of the values and two bits of index for each move, and the peak doubles, where W has at most two non-zeros in
 * each four consecutive reduction indices, and not so few of these that none is left out: forward for weights pruned along the
 * input channels, back only for a mask that holds along the output channels, too, and never in a weight gradient. An update is
 * bound by its bytes.
 *
 * Energy is between the shorter time at `idleW + (boardW - idleW) efficiencyHigh` and the longer one at `boardW`.
 *
 * What flatters the GPU: depthwise and narrow layers at the efficiency of wide ones, no bytes twice, and nothing between the kernels.
 *
 * @throws SparsityError naming the option that is wrong, or the work whose tensors do not fit its nest.
 * @example
 * ```ts
 * const nest = denseNest({batch: 1024, inFeatures: 1024, outFeatures: 1024});
 * const operand = (role: 'A' | 'W') => ({role, source: 'fc', nonzeros: onesBits([1024, 1024])});
 * const work: GemmWork = {
 *   kind: 'gemm', layer: 'fc', phase: 'forward', nest, input: operand('A'), kernel: operand('W'), imageScale: 1,
 * };
 * roofline({peakTflops: 19.5}).estimateStep([work]).seconds.low; // 0.0001835: 2 * 1024^3 / 19.5e12 / 0.6
 * ```
 */
export function roofline(options: RooflineOptions = {}): Estimator {
  return build(checkSpec(schema, options, 'roofline'));
}

function build(spec: RooflineSpec): Estimator {
  return { spec, estimateStep: (works) => estimateWorks(works, spec, estimate) };
}

function estimate(work: PhaseWork, spec: RooflineSpec): EstimatedWork {
  const dense = denseKernel(work, spec.bytesPerValue);
  const isHalf = spec.structured && work.kind === 'gemm' && isTwoOfFour(work);
  const halved = isHalf ? halfKernel(work, dense, spec) : dense;
  const kernel = halved.macs < dense.macs ? halved : dense; // one or two products are no fewer
  const decisions = { kernel: kernel === dense ? 'dense' : '2:4' };
  return estimatedWork(work, kernelSeconds(kernel, spec.peakTflops, spec), kernel, decisions, spec);
}

/** Two of each four products at the dense peak, as the doubled peak counts those that are left out; two values and four bits for them. */
function halfKernel(work: GemmWork, { bytes }: Kernel, { bytesPerValue }: RooflineSpec): Kernel {
  const kept = Math.ceil(bytes.W / bytesPerValue / 2);
  return {
    macs: gemmMacs(work, (k) => Math.min(k, 2 * Math.ceil(k / 4))),
    bytes: { ...bytes, W: kept * bytesPerValue + Math.ceil(kept / 4) },
  };
}
