import fc from 'fast-check';
import {
  channels,
  erdosRenyiAllocation,
  granet,
  isNm,
  type KernelState,
  keptCount,
  type LayerMasks,
  nm,
  type Pattern,
  rigl,
  snip,
  sparseEvolution,
  staticSparse,
  uniformAllocation,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { kernelInfo, kernelState, normal, sum } from './kernel-info.js';

const layers = [
  { ...kernelInfo([6, 8]), name: 'a' },
  { ...kernelInfo([3, 3, 4, 8]), name: 'b' },
];
const sizes = layers.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
const total = sum(sizes);
const context = (step: number, sparsity: number) => ({ step, sparsity, rng: createRng(`growth/${step}`) });
const bitsOf = (masks: readonly LayerMasks[]) => masks.map(({ forward }, i) => forward ?? new Uint8Array(sizes[i]).fill(1));

/** The kernels after some steps: new values where the masks keep, zeros elsewhere, and dense gradients. */
function moved(masks: readonly LayerMasks[]): (KernelState & { gradient: Float32Array })[] {
  return layers.map((info, i) => {
    const weights = normal(sizes[i]).map((value, k) => value * (masks[i]?.forward?.[k] ?? 1));
    return { ...kernelState(weights, info, masks[i]), gradient: normal(sizes[i]) };
  });
}

/** Slow and obvious: sorts, and counts. Which of the weights that are allowed have the highest scores; ties to the lowest index. */
function highest(scores: Float32Array, allowed: (i: number) => boolean, count: number): Set<number> {
  const places = Array.from(scores.keys()).filter(allowed);
  return new Set(places.sort((a, b) => scores[b] - scores[a] || a - b).slice(0, count));
}

/** An exchange within one kernel as RigL describes it. */
function exchanged(mask: Uint8Array, weights: Float32Array, gradient: Float32Array, fraction: number): Uint8Array {
  const ones = sum(mask);
  const dropped = Math.trunc(ones * fraction);
  const kept = highest(weights.map(Math.abs), (i) => mask[i] === 1, ones - dropped);
  const grown = highest(gradient.map(Math.abs), (i) => !kept.has(i), dropped);
  return mask.map((_, i) => (kept.has(i) || grown.has(i) ? 1 : 0));
}

describe('rigl', () => {
  it('never changes the counts, and grows the highest |G| of all that are not kept', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 0.95, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (sparsity, initial) => {
          const method = rigl({ sparsity, endStep: 400, initial });
          let masks = method.updateMasks(
            layers.map((info, i) => kernelState(normal(sizes[i]), info)),
            context(0, sparsity),
          );
          const scored = layers.map((info, i) => ({ info, scores: normal(sizes[i]) }));
          const counts = erdosRenyiAllocation()(scored, sparsity).map((s, i) => keptCount(sizes[i], s));
          expect(bitsOf(masks).map(sum)).toEqual(counts);
          for (const step of [100, 200, 300, 400]) {
            const kernels = moved(masks);
            const fraction = step < 400 ? (initial * (1 + Math.cos((Math.PI * step) / 400))) / 2 : 0;
            const expected = bitsOf(masks).map((mask, i) => exchanged(mask, kernels[i].weights, kernels[i].gradient, fraction));
            masks = method.updateMasks(kernels, context(step, sparsity));
            expect(bitsOf(masks)).toEqual(expected);
            expect(bitsOf(masks).map(sum)).toEqual(counts);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each([
    [0.25, [1, 1, 0, 0, 0, 1, 1, 0]],
    [0.5, [1, 0, 0, 0, 1, 1, 1, 0]],
  ])('drops by |w| and grows by |G| by hand, at a fraction of %s', (initial, expected) => {
    const old = Uint8Array.of(0, 1, 0, 1, 0, 1, 1, 0);
    const weights = [-9, 1, 4, -1, 5, 8, -2, 3];
    const kernel = {
      ...kernelState(weights, kernelInfo([1, 8]), { forward: old, backward: old, gradient: old }),
      gradient: Float32Array.from([-9, 1, 4, 1, 5, -8, 2, 3]),
    };
    const method = rigl({ sparsity: 0.5, initial, anneal: 'constant', endStep: 200 });
    const [{ forward, backward, gradient }] = method.updateMasks([kernel], context(100, 0.5));
    expect([...(forward as Uint8Array)]).toEqual(expected);
    expect(backward).toBe(forward);
    expect(gradient).toBe(forward);
  });

  it('starts as SET does, from the same draws, and needs gradients, which SET does not', () => {
    const kernels = layers.map((info, i) => kernelState(normal(sizes[i]), info));
    const [one, other] = [rigl({ endStep: 100 }), sparseEvolution({ endStep: 100 })];
    expect(one.updateMasks(kernels, context(0, 0.9))).toEqual(other.updateMasks(kernels, context(0, 0.9)));
    expect([one.needs, other.needs]).toEqual([['gradient'], undefined]);
    expect(one.config).toEqual({ ...other.config, name: 'rigl', profile: 'default' });
  });

  it('refuses an exchange without gradient, with one of NaN, and options out of range', () => {
    const method = rigl({ endStep: 400 });
    const masks = method.updateMasks(moved([]), context(0, 0.9));
    const kernels = moved(masks);
    const blind = kernels.map(({ gradient: _, ...kernel }) => kernel);
    expect(() => method.updateMasks(blind, context(100, 0.9))).toThrow('gradient of layer a: got none');
    kernels[1].gradient[3] = Number.NaN;
    expect(() => method.updateMasks(kernels, context(100, 0.9))).toThrow('growScores[3]: got NaN');
    expect(() => rigl({ sparsity: 1, endStep: 10 })).toThrow('sparsity: got 1');
    expect(() => rigl({ frequency: 0, endStep: 10 })).toThrow('frequency: got 0');
    expect(() => rigl({ initial: 1.5, endStep: 10 })).toThrow('initial: got 1.5');
    expect(() => rigl({ endStep: 400, profile: 'rigl' as 'default' })).toThrow('profile: got rigl');
  });
});

describe('granet', () => {
  it('has the density of its schedule over all layers after every update, and exchanges within each', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.6, noNaN: true }),
        fc.double({ min: 0.6, max: 0.97, noNaN: true }),
        (initialSparsity, finalSparsity) => {
          const method = granet({ initialSparsity, finalSparsity, endStep: 400, frequency: 100 });
          const { sparsity: first } = method.schedule(0);
          let masks = method.updateMasks(
            layers.map((info, i) => kernelState(normal(sizes[i]), info)),
            context(0, first),
          );
          expect(Math.abs(sum(bitsOf(masks).flatMap((mask) => [...mask])) - total * (1 - first))).toBeLessThanOrEqual(1);
          for (const step of [100, 200, 300, 400]) {
            const { sparsity, update } = method.schedule(step);
            expect(update).toBe(true);
            const kernels = moved(masks);
            // One threshold over all layers, but for the best weight of each, which stays; then RigL's exchange in each.
            const all = kernels.flatMap(({ weights }, i) => {
              const kept = weights.map((w, k) => (bitsOf(masks)[i][k] ? Math.abs(w) : -1));
              return Array.from(kept, (score) => (score === Math.max(...kept) ? Number.POSITIVE_INFINITY : score));
            });
            const left = highest(Float32Array.from(all), () => true, keptCount(total, sparsity));
            const fraction = step < 400 ? (0.5 * (1 + Math.cos((Math.PI * step) / 400))) / 2 : 0;
            const expected = kernels.map(({ weights, gradient }, i) => {
              const pruned = Uint8Array.from(weights, (_, k) => (left.has(k + sum(sizes.slice(0, i))) ? 1 : 0));
              return exchanged(pruned, weights, gradient, fraction);
            });
            masks = method.updateMasks(kernels, context(step, sparsity));
            expect(bitsOf(masks)).toEqual(expected);
            expect(sum(bitsOf(masks).flatMap((mask) => [...mask]))).toBe(keptCount(total, sparsity));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('prunes and regenerates by hand: 4 of 8 stay, half of these go, and two come', () => {
    const old = Uint8Array.of(1, 1, 1, 1, 1, 1, 0, 0);
    const kernel = {
      ...kernelState([6, -5, 4, 3, 2, 1, 0, 0], kernelInfo([1, 8]), { forward: old, backward: old, gradient: old }),
      // Of those that are not kept: 2 (dropped just now) 7, 3 no, 4 no, 5 pruned 8, 6 no, 7 no.
      gradient: Float32Array.of(9, 9, -7, 1, 2, 8, 3, 4),
    };
    const method = granet({ finalSparsity: 0.5, initialSparsity: 0.25, anneal: 'constant', endStep: 10 });
    const [{ forward }] = method.updateMasks([kernel], context(5, 0.5));
    expect([...(forward as Uint8Array)]).toEqual([1, 1, 1, 0, 0, 1, 0, 0]);
  });

  it('keeps its first masks up to beginStep, where the ramp begins', () => {
    const { schedule } = granet({ initialSparsity: 0.5, finalSparsity: 0.9, beginStep: 40, endStep: 80, frequency: 20 });
    const updates = Array.from({ length: 200 }, (_, step) => step).filter((step) => schedule(step).update);
    expect(updates).toEqual([0, 40, 60, 80]);
    expect([0, 39, 40, 60, 80].map((step) => schedule(step).sparsity)).toEqual([0.5, 0.5, 0.5, 0.85, 0.9]);
    expect(granet({ beginStep: 40, endStep: 80 }).config).toMatchObject({ beginStep: 40, frequency: 2 });
  });

  it('starts dense where it is told, spreads as an allocation says, and refuses what is out of range', () => {
    const method = granet({ initialSparsity: 0, finalSparsity: 0.8, endStep: 100, allocation: uniformAllocation() });
    let masks = method.updateMasks(moved([]), context(0, 0));
    expect(masks.map(({ forward }) => forward)).toEqual([null, null]);
    masks = method.updateMasks(moved(masks), context(50, 0.5));
    expect(bitsOf(masks).map(sum)).toEqual(sizes.map((size) => size / 2));
    expect([50, 53, 100].map((step) => method.schedule(step).update)).toEqual([true, false, true]);
    expect(method.schedule(50).sparsity).toBeCloseTo(0.7);
    const updates = (endStep: number, steps: number[]) => steps.map((step) => granet({ endStep }).schedule(step).update);
    expect(updates(100, [4, 5, 6, 10, 100])).toEqual([false, true, false, true, true]); // a twentieth of the end ...
    expect(updates(101, [5, 6, 12, 101])).toEqual([false, true, true, true]); // ... rounded up
    expect(() => granet({ finalSparsity: 0.4, endStep: 10 })).toThrow('finalSparsity: got 0.4');
    expect(() => granet({ endStep: 0 })).toThrow('endStep: got 0');
    const blind = layers.map((info, i) => kernelState(normal(sizes[i]), info, masks[i]));
    expect(() => method.updateMasks(blind, context(55, 0.6))).toThrow('gradient of layer a: got none');
  });
});

describe('staticSparse', () => {
  it('has the random masks of SET before the first step, and never others', () => {
    const method = staticSparse({ sparsity: 0.8 });
    const kernels = moved([]);
    const set = sparseEvolution({ sparsity: 0.8, endStep: 10 });
    expect(method.updateMasks(kernels, context(0, 0.8))).toEqual(set.updateMasks(kernels, context(0, 0.8)));
    expect([0, 1, 100, 1000].filter((step) => method.schedule(step).update)).toEqual([0]);
    expect(() => staticSparse({ sparsity: -0.1 })).toThrow('sparsity: got -0.1');
  });
});

describe('staticSparse with a pattern', () => {
  it('draws masks of the pattern: N:M with its own sparsity in every layer, or whole filters', () => {
    const pairs = staticSparse({ pattern: nm({ n: 1, m: 2 }) });
    expect(pairs.config).toMatchObject({ sparsity: 0.5, allocation: { name: 'uniform' } });
    const [first, second] = [context(0, 0.5), { ...context(0, 0.5), rng: createRng('another') }].map((at) => {
      return bitsOf(pairs.updateMasks(moved([]), at));
    });
    expect(first).not.toEqual(second);
    for (const masks of [first, second]) {
      masks.forEach((mask, i) => {
        expect(isNm(mask, layers[i], { n: 1, m: 2 })).toBe(true);
        expect(sum(mask)).toBe(sizes[i] / 2);
      });
    }
    const filters = staticSparse({ sparsity: 0.5, pattern: channels(), allocation: uniformAllocation() });
    for (const mask of bitsOf(filters.updateMasks(moved([]), context(0, 0.5)))) {
      expect(mask.every((bit, i) => bit === mask[i % 8])).toBe(true);
      expect(sum(mask.subarray(0, 8))).toBe(4);
    }
  });

  it('refuses another sparsity than that of N:M, an allocation of others, and a layer that does not fit', () => {
    const pattern = nm({ n: 1, m: 2, profile: 'jaxpruner' });
    expect(() => staticSparse({ sparsity: 0.9, pattern })).toThrow('sparsity: got 0.9, expected 0.5');
    expect(() => staticSparse({ pattern, allocation: erdosRenyiAllocation() })).toThrow('allocation: got erdos-renyi');
    expect(() => staticSparse({ pattern }).check?.(kernelInfo([3, 4]))).toThrow('expected a multiple of m = 2');
  });
});

describe('snip', () => {
  it('keeps the highest shares of the saliency of the whole network, whatever the layer', () => {
    const method = snip({ sparsity: 0.75 });
    const kernels = moved([]);
    const saliencies = kernels.flatMap(({ weights, gradient }) => Array.from(weights, (w, i) => Math.abs(w * gradient[i])));
    const whole = sum(saliencies);
    const shares = Float32Array.from(saliencies, (saliency) => saliency / whole);
    const left = highest(shares, () => true, keptCount(total, 0.75));
    const masks = method.updateMasks(kernels, context(1, 0.75));
    expect(bitsOf(masks).flatMap((mask) => [...mask])).toEqual(saliencies.map((_, i) => (left.has(i) ? 1 : 0)));
    expect([0, 1, 2].map((step) => method.schedule(step))).toEqual([
      { sparsity: 0, update: false },
      { sparsity: 0.75, update: true },
      { sparsity: 0.75, update: false },
    ]);
    expect(method.needs).toEqual(['gradient']);
    expect(() => snip({ sparsity: 2 })).toThrow('sparsity: got 2');
  });

  it('takes a pattern and an allocation: the most salient of each pair, or the most salient filters of each layer', () => {
    const kernels = moved([]);
    const saliencies = kernels.map(({ weights, gradient }) => weights.map((w, i) => Math.abs(w * gradient[i])));
    const pairs = snip({ pattern: nm({ n: 1, m: 2 }) });
    expect(pairs.config).toMatchObject({ sparsity: 0.5, allocation: { name: 'uniform' } });
    const expected = (pattern: Pattern) => saliencies.map((scores, i) => pattern(scores, layers[i], 0.5));
    expect(bitsOf(pairs.updateMasks(kernels, context(1, 0.5)))).toEqual(expected(nm({ n: 1, m: 2 })));
    const filters = snip({ sparsity: 0.5, pattern: channels(), allocation: uniformAllocation() });
    expect(bitsOf(filters.updateMasks(kernels, context(1, 0.5)))).toEqual(expected(channels()));
    expect(() => snip({ sparsity: 0.9, pattern: nm({ n: 1, m: 2 }) })).toThrow('sparsity: got 0.9, expected 0.5');
  });
});
