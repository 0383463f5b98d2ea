import { createRng } from '../../rng.js';
import { checkAmount, checkInteger, checkSeed } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { KernelInfo, PruningMethod } from '../contracts.js';
import { nm } from '../patterns/nm.js';
import { runsAlong } from '../patterns/runs.js';
import { constantSchedule } from '../schedules/constant-schedule.js';
import { magnitudes } from '../scores/magnitude-score.js';
import { exclusion } from './exclusion.js';
import { checkPrunes, type NmMethodOptions, nmMethodOptions } from './nm-options.js';
import { oneMaskOnly } from './one-mask-only.js';
import { tooNarrow } from './too-narrow.js';

/** Options of {@link biMask}: those of N:M, and these. */
export interface BiMaskOptions extends NmMethodOptions {
  /**
   * How many random orders of the outputs are tried beside their own, at least 0: of these orders each step takes the one by which the
   * backward mask keeps most weights, the earliest of equals.
   * @default 0
   */
  readonly permutations?: number;
  /**
   * Steps after which other orders are drawn, at least 1.
   * @default 100
   */
  readonly frequency?: number;
  /**
   * Any number or text: the same seed, place of the kernel among the pruned ones and step give the same orders.
   * @default 0
   */
  readonly seed?: number | string;
}

/**
 * Bi-directional masks (Bi-Mask): the forward pass uses the weights N:M along the input axis; of these, not of the dense weights, the
 * input gradient keeps N:M along the output axis, so that its mask lies within the forward one and often keeps fewer than N. The
 * weight gradient is dense, and masked weights decay. Groups of the second mask may be made of the outputs in another order, in which it
 * keeps more: it is N:M once the outputs are put into that order. Zhang et al. 2023 (arXiv 2302.06058), who keep the best of the orders
 * that they draw until they draw again. Their groups of a convolution run on over the flattened input channels and window, Cin R S; here
 * they are of the input channels at one position of the window, as those of {@link nm}.
 *
 * Left dense: kernels with fewer than `m` inputs or outputs, depthwise kernels, whose reduction runs over the window only, and kernels whose
 * products are not known ({@link KernelInfo.oneMask}).
 *
 * @throws SparsityError for n outside 1 to m - 1, a negative decay, a beginStep that is no step, permutations or a frequency out of range.
 * @example
 * ```ts
 * biMask({n: 1, m: 4, permutations: 10}).schedule(0); // {sparsity: 0.75, update: true}
 * ```
 */
export function biMask(options: BiMaskOptions = {}): PruningMethod {
  checkGiven(biMask, options);
  const { n = 2, m = 4, decay = 2e-4, beginStep = 0, exclude = [] } = options;
  const { permutations = 0, frequency = 100, seed = 0 } = options;
  const along = { input: nm({ n, m, axis: 'input' }), output: nm({ n, m, axis: 'output' }) };
  checkPrunes(n, m);
  checkAmount('decay', decay);
  checkInteger('permutations', permutations, 0);
  checkInteger('frequency', frequency, 1);
  checkSeed(seed);
  const excluded = exclusion({ exclude });
  const ordersAt = (step: number, { shape, outputAxis }: KernelInfo, index: number) => {
    const rng = createRng(`${seed}/permutations/${index}/${Math.floor(step / frequency)}`);
    return Array.from({ length: permutations }, () => rng.permutation(shape[outputAxis]));
  };
  return {
    name: 'bi-mask',
    pruned: 'dense-master',
    slots: 'keep',
    schedule: constantSchedule({ sparsity: 1 - n / m, beginStep }),
    decay,
    config: { name: 'bi-mask', n, m, decay, beginStep, permutations, frequency, seed, exclude },
    skip: (info) => excluded(info) ?? oneMaskOnly(info) ?? tooNarrow(info, m),
    updateMasks: (kernels, { step, sparsity }) =>
      kernels.map(({ info, weights }, index) => {
        if (sparsity === 0) return { forward: null, backward: null, gradient: null };
        const scores = magnitudes(weights);
        const forward = along.input(scores, info, sparsity);
        const rest = scores.map((score, i) => score * forward[i]);
        const maskIn = (order: Uint32Array | undefined) => {
          if (!order) return along.output(rest, info, sparsity).map((bit, i) => bit & forward[i]);
          const places = placesIn(order, info);
          const ordered = rest.map((_, i) => rest[places[i]]);
          const mask = along.output(ordered, info, sparsity);
          const back = new Uint8Array(mask.length);
          for (let i = 0; i < back.length; i++) back[places[i]] = mask[i] & forward[places[i]];
          return back;
        };
        const candidates = [undefined, ...ordersAt(step, info, index)].map(maskIn);
        return { forward, backward: mostKept(candidates), gradient: null };
      }),
  };
}

/** Where each weight comes from when the outputs stand in another order. */
function placesIn(order: Uint32Array, info: KernelInfo): Uint32Array {
  const { length, inner } = runsAlong(info, 'output', 1);
  const places = new Uint32Array(info.shape.reduce((size, next) => size * next, 1));
  for (let i = 0; i < places.length; i++) {
    const output = Math.floor(i / inner) % length;
    places[i] = i + (order[output] - output) * inner;
  }
  return places;
}

function mostKept(masks: readonly Uint8Array[]): Uint8Array {
  const counts = masks.map((mask) => mask.reduce((sum, bit) => sum + bit, 0));
  return masks[counts.indexOf(Math.max(...counts))];
}

inConfig(biMask, 'bi-mask', { ...nmMethodOptions, permutations: true, frequency: true, seed: true });
