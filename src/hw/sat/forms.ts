import { sizeOf } from '../bits.js';
import type { GemmWork, LoopNest } from '../contracts.js';
import { gemmShapes } from '../gemm-shapes.js';
import { lowerGemm } from '../gemm-view.js';
import { nestPhase } from '../nest-axes.js';
import { placeBits } from '../parts/formats/nm.js';
import { isNmMap, mixedBits, type NmKernel, nmKernel, nmSlots, slotsOfBlocks } from './nm-kernel.js';
import type { SatSpec } from './options.js';

/** A way to take the operands of a work: which of them is N:M, and what follows for each of its GEMMs (`i`, in their order). */
export interface Form {
  readonly sparse: 'none' | 'W' | 'part of W' | 'E';
  /** Length of the reduction in each block of `width` columns. */
  slots(i: number, width: number): readonly number[];
  /** Size of the kernel off chip. */
  kernelBits(i: number): number;
  /** Groups that the SORE makes of the sparse operand. */
  readonly soreGroups: number;
}

/** Sizes of one GEMM. */
interface Sizes {
  readonly n: number;
  readonly k: number;
}

/**
 * The forms that a work has besides the dense one. `W` is N:M where no group of it has more than N non-zeros; `part of W` where only some
 * groups have, as long as it was stored so (pre-generation); `E` in an input gradient, where the SORE makes it N:M as it comes (SDGP).
 */
export function sparseForms(work: GemmWork, nest: LoopNest, spec: SatSpec): Form[] {
  if (work.kernel.role !== 'W' || !hasNm(work.nest, work.phase, spec)) return [];
  const channels = reductionChannels(nest, work.phase);
  const isMap = work.phase === 'inputGradient' && isNmMap(work.input.nonzeros, channels, spec);
  const forms = isMap ? [uniformForm('E', nest, work.phase, spec)] : [];
  const kernels = lowerGemm(work).map((view) => nmKernel(view, channels, spec));
  if (kernels.every(({ over }) => !over.includes(1))) return [uniformForm('W', nest, work.phase, spec), ...forms];
  const isPart = spec.preGeneration && kernels.some(({ hasCompact }) => hasCompact);
  return isPart ? [partForm(kernels, sizesOf(nest, work.phase), spec), ...forms] : forms;
}

/** A form in which all groups are alike: of the whole operand, or of none. */
export function uniformForm(sparse: 'none' | 'W' | 'E', nest: LoopNest, phase: GemmWork['phase'], spec: SatSpec): Form {
  const { m, preGeneration } = spec;
  const valueBits = 8 * spec.bytesPerValue;
  const sizes = sizesOf(nest, phase);
  const channels = reductionChannels(nest, phase);
  const length = ({ k }: Sizes) => (sparse === 'none' ? k : (k / channels) * nmSlots(channels, spec));
  const isCompact = sparse === 'W' && preGeneration;
  const groupsPerRun = Math.ceil(channels / m);
  const kernelGroups = sizes.reduce((sum, { n, k }) => sum + n * (k / channels) * groupsPerRun, 0);
  return {
    sparse,
    slots: (i, width) => new Array<number>(Math.ceil(sizes[i].n / width)).fill(length(sizes[i])),
    kernelBits(i) {
      const { n, k } = sizes[i];
      const dense = n * k * valueBits;
      return isCompact ? Math.min(dense, n * length(sizes[i]) * (valueBits + placeBits(m))) : dense;
    },
    soreGroups: { none: 0, W: kernelGroups, E: (mapElements(nest, phase) / channels) * groupsPerRun }[sparse],
  };
}

function partForm(kernels: readonly NmKernel[], sizes: readonly Sizes[], { n, m, bytesPerValue }: SatSpec): Form {
  const valueBits = 8 * bytesPerValue;
  return {
    sparse: 'part of W',
    slots: (i, width) => slotsOfBlocks(kernels[i], n, width),
    kernelBits: (i) => Math.min(sizes[i].n * sizes[i].k * valueBits, mixedBits(kernels[i], n, valueBits, placeBits(m))),
    soreGroups: kernels.reduce((sum, { over }) => sum + over.length, 0),
  };
}

/** Whether N of M would be fewer slots than there are channels. */
function hasNm(nest: LoopNest, phase: GemmWork['phase'], spec: SatSpec): boolean {
  const channels = reductionChannels(nest, phase);
  return nmSlots(channels, spec) < channels;
}

/** Channels that are reduced together under one tap, forward and in the input gradient. */
function reductionChannels(nest: LoopNest, phase: GemmWork['phase']): number {
  return (nestPhase(nest, phase) === 'forward' ? nest.inChannels : nest.outChannels) / nest.groups;
}

/** Elements of the map that slides over the kernel. */
function mapElements(nest: LoopNest, phase: GemmWork['phase']): number {
  const [size, channels] =
    nestPhase(nest, phase) === 'forward' ? [nest.inSize, nest.inChannels] : [nest.outSize, nest.outChannels];
  return nest.batch * sizeOf(size) * channels;
}

function sizesOf(nest: LoopNest, phase: GemmWork['phase']): readonly Sizes[] {
  return gemmShapes(nest, phase).flatMap(({ n, k, groups }) => new Array<Sizes>(groups).fill({ n, k }));
}
