import * as z from 'zod';
import { countBits, sizeOf } from '../bits.js';
import { checkSpec, specFields } from '../check-spec.js';
import type { EstimatedWork, Estimator, GemmWork, Operand, PhaseWork } from '../contracts.js';
import { csrBits } from '../parts/formats/csr.js';
import { denseKernel, type Kernel } from './dense-kernel.js';
import { estimatedWork, estimateWorks, kernelSeconds } from './kernel-time.js';
import { efficienciesFit, type GpuOptions, gpuFields, powersFit } from './options.js';

/** Options of {@link sparseLibrary}. */
export interface SparseLibraryOptions extends GpuOptions {
  /** Density below which a sparse kernel is faster than the dense one, for the worst library, in (0, 1]. @default 0.02 */
  readonly breakEvenLow?: number;
  /** The same for the best library, in (0, 1], not below `breakEvenLow`. @default 0.3 */
  readonly breakEvenHigh?: number;
}

const schema = z
  .strictObject({
    kind: z.literal('sparseLibrary').default('sparseLibrary'),
    name: specFields.name.default('a100-sparse-library'),
    peakTflops: z.number().positive().default(19.5),
    ...gpuFields,
    breakEvenLow: z.number().positive().max(1).default(0.02),
    breakEvenHigh: z.number().positive().max(1).default(0.3),
  })
  .refine(...efficienciesFit)
  .refine(...powersFit)
  .refine(({ breakEvenLow, breakEvenHigh }) => breakEvenLow <= breakEvenHigh, {
    path: ['breakEvenLow'],
    error: 'breakEvenHigh at most',
  });

/** The spec of a sparse library, defaults filled in. */
export type SparseLibrarySpec = z.infer<typeof schema>;

/** How specs of kind `sparseLibrary` are checked and built. */
export const sparseLibraryKind = { schema, build };

/**
 * Modelled time of a GPU whose libraries multiply unstructured sparse matrices, as those of cuSPARSE's kind do: the second baseline of 000.
 *
 *     sparse = max(2 non-zeros pixels images / (peak breakEven), bytes / bandwidth) / efficiency (+ launch)
 *
 * A sparse kernel multiplies the non-zeros only, at `breakEven` times the rate of the dense kernel of {@link roofline}, so that both take
 * alike at that density. The pattern is W's forward and back, and the wanted gradients' in a weight gradient; zeros of activations and
 * errors save nothing. It moves as CSR with 32-bit indices. `low` has the better library and the higher efficiency, `high` the worse and the
 * lower; each bound takes the dense kernel where that is faster, as a user would. MACs and bytes
 * are those of `low`.
 *
 * The two break-even densities are assumed: 000 and its ledger give none.
 *
 * @throws SparsityError naming the option that is wrong, or the work whose tensors do not fit its nest.
 * @example
 * ```ts
 * const nest = denseNest({batch: 1024, inFeatures: 1024, outFeatures: 1024});
 * const sparse = {role: 'W', source: 'fc', nonzeros: bernoulliBits([1024, 1024], 0.03, createRng(1))} as const;
 * const work: GemmWork = {
 *   kind: 'gemm', layer: 'fc', phase: 'forward', nest, imageScale: 1,
 *   input: {role: 'A', source: 'fc', nonzeros: onesBits([1024, 1024])}, kernel: sparse,
 * };
 * sparseLibrary().estimateStep([work]).works[0].decisions; // {low: 'sparse', high: 'dense'}
 * ```
 */
export function sparseLibrary(options: SparseLibraryOptions = {}): Estimator {
  return build(checkSpec(schema, options, 'sparseLibrary'));
}

function build(spec: SparseLibrarySpec): Estimator {
  return { spec, estimateStep: (works) => estimateWorks(works, spec, estimate) };
}

function estimate(work: PhaseWork, spec: SparseLibrarySpec): EstimatedWork {
  const dense = denseKernel(work, spec.bytesPerValue);
  const denseTime = kernelSeconds(dense, spec.peakTflops, spec);
  const pattern = work.kind === 'gemm' ? patternOf(work) : undefined;
  if (!pattern) return estimatedWork(work, denseTime, dense, { low: 'dense', high: 'dense' }, spec);
  const sparse = sparseKernel(work as GemmWork, pattern, dense, spec);
  const timeAt = (breakEven: number) => kernelSeconds(sparse, spec.peakTflops * breakEven, spec);
  const [low, high] = [timeAt(spec.breakEvenHigh).low, timeAt(spec.breakEvenLow).high];
  const seconds = { low: Math.min(low, denseTime.low), high: Math.min(high, denseTime.high) };
  const decisions = { low: low < denseTime.low ? 'sparse' : 'dense', high: high < denseTime.high ? 'sparse' : 'dense' };
  return estimatedWork(work, seconds, decisions.low === 'sparse' ? sparse : dense, decisions, spec);
}

/** The operand that can be stored sparse: W, or the gradients that are wanted. */
function patternOf({ phase, kernel, output }: GemmWork): Operand | undefined {
  if (phase === 'weightGradient') return output;
  return kernel.role === 'W' ? kernel : undefined;
}

/** Each value of the pattern meets all pixels of all images. */
function sparseKernel(
  { nest, imageScale }: GemmWork,
  { role, nonzeros }: Operand,
  { bytes }: Kernel,
  { bytesPerValue }: SparseLibrarySpec,
): Kernel {
  const kept = countBits(nonzeros);
  const rows = sizeOf(nonzeros.shape) / (sizeOf(nest.kernelSize) * (nest.inChannels / nest.groups));
  const stored = Math.ceil(csrBits(kept, rows, { valueBits: 8 * bytesPerValue, indexBits: 32 }) / 8);
  return { macs: kept * sizeOf(nest.outSize) * Math.round(nest.batch * imageScale), bytes: { ...bytes, [role]: stored } };
}
