import { SparsityError } from '../errors.js';
import type { LoopNest } from './contracts.js';
import { denseMacs } from './loop-nest.js';
import { forwardAxis, rowsPerTap } from './nest-axes.js';

/** The masks of a layer, 1 keeps, `null` keeps all; each has the elements of the kernel in the order of the nest's W. */
export interface LayerMaskSet {
  readonly forward: Uint8Array | null;
  readonly backward: Uint8Array | null;
  readonly gradient: Uint8Array | null;
}

/** A layer of {@link macReport}. */
export interface MaskedLayer {
  readonly name: string;
  readonly nest: LoopNest;
  readonly masks: LayerMaskSet;
  /** False for the first layer: its input gradient is never computed, and has no row. */
  readonly needsInputGradient: boolean;
}

/** Multiply-accumulates of one GEMM of one layer. */
export interface MacRow {
  readonly layer: string;
  readonly phase: 'forward' | 'inputGradient' | 'weightGradient';
  /** All, padding not counted. */
  readonly denseMacs: number;
  /** Those with a kept weight (of the weight gradient: a wanted one). */
  readonly executedMacs: number;
}

/**
 * Dense and executed multiply-accumulates per layer and phase, from the masks alone: a kept weight is used once per image and pair of
 * pixels that meet under its tap. Groups that an axis does not fill count as their masks are.
 *
 * @throws SparsityError when a mask does not have the kernel's number of elements.
 * @example
 * ```ts
 * const nest = denseNest({batch: 1, inFeatures: 4, outFeatures: 1});
 * const half = Uint8Array.of(1, 0, 1, 0);
 * const masks = {forward: half, backward: half, gradient: null};
 * macReport([{name: 'fc', nest, masks, needsInputGradient: false}]).map((row) => row.executedMacs); // [2, 4]
 * ```
 */
export function macReport(layers: readonly MaskedLayer[]): readonly MacRow[] {
  return layers.flatMap(({ name, nest, masks, needsInputGradient }) => {
    const row = (phase: MacRow['phase'], mask: Uint8Array | null): MacRow => {
      const dense = denseMacs(nest);
      return { layer: name, phase, denseMacs: dense, executedMacs: mask === null ? dense : keptMacs(name, nest, mask) };
    };
    return [
      row('forward', masks.forward),
      ...(needsInputGradient ? [row('inputGradient', masks.backward)] : []),
      row('weightGradient', masks.gradient),
    ];
  });
}

/**
 * Share of a training step's multiply-accumulates that bidirectional N:M pruning saves: (2/3) f (1 - N/M) (ledger 1.3.2). It holds where
 * the pruned axes divide by M and every layer computes its input gradient.
 *
 * @throws SparsityError when the share is outside [0, 1] or n:m is not 0 < n <= m.
 * @example
 * ```ts
 * bdwpReduction({prunableShare: 1, n: 2, m: 8}); // 0.5
 * ```
 */
export function bdwpReduction({
  prunableShare,
  n,
  m,
}: {
  readonly prunableShare: number;
  readonly n: number;
  readonly m: number;
}): number {
  if (!(prunableShare >= 0 && prunableShare <= 1)) {
    throw new SparsityError({
      what: 'prunableShare',
      got: prunableShare,
      expected: 'a number in [0, 1]',
      fix: 'pass 0.96 for 96 %',
    });
  }
  if (!(n > 0 && n <= m)) {
    throw new SparsityError({
      what: 'n:m',
      got: `${n}:${m}`,
      expected: '0 < n <= m',
      fix: 'pass the kept weights per group as n',
    });
  }
  return (2 / 3) * prunableShare * (1 - n / m);
}

/** Sum over taps of: pairs of pixels that meet under the tap, times the tap's kept weights. */
function keptMacs(layer: string, nest: LoopNest, mask: Uint8Array): number {
  const [depth, height, width] = [0, 1, 2].map((axis) => rowsPerTap(forwardAxis(nest, axis)));
  const perTap = (nest.inChannels / nest.groups) * nest.outChannels;
  const elements = depth.length * height.length * width.length * perTap;
  if (mask.length !== elements) {
    const fix = 'pass masks in the shape of the kernel';
    throw new SparsityError({ what: `mask of ${layer}`, got: mask.length, expected: `${elements} elements`, fix });
  }
  let macs = 0;
  let at = 0;
  for (const z of depth) {
    for (const y of height) {
      for (const x of width) {
        let kept = 0;
        for (const end = at + perTap; at < end; at++) kept += mask[at];
        macs += kept * z * y * x;
      }
    }
  }
  return nest.batch * macs;
}
