import fc from 'fast-check';
import {
  type CostDrivenLayer,
  type CostDrivenOptions,
  costDriven,
  gradualMagnitude,
  keptCount,
  mapAllocation,
  type NetworkCost,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it, vi } from 'vitest';
import { firstReached } from '../../src/pruning/allocations/first-reached.js';
import { kernelInfo, kernelState, rng, sum } from './kernel-info.js';

const pair: readonly CostDrivenLayer[] = [
  { name: 'conv', weights: 100 },
  { name: 'fc', weights: 900 },
];

/** A cost that is the sum of one function of the sparsity for each layer; by layer, or a number alone. */
function separable(curves: readonly ((sparsity: number) => number)[], byLayer = true): NetworkCost {
  return async (sparsities) => {
    const layers = sparsities.map((sparsity, i) => curves[i](sparsity));
    return byLayer ? { total: sum(layers), layers } : sum(layers);
  };
}

const linear = (...dense: readonly number[]) => separable(dense.map((cost) => (sparsity) => cost * (1 - sparsity)));

/** Convex, falling, never below 0: the denser a layer, the more a weight of it costs. */
const convexCurve = fc
  .record({ cost: fc.integer({ min: 1, max: 50 }), power: fc.integer({ min: 1, max: 4 }), floor: fc.nat(20) })
  .map(
    ({ cost, power, floor }) =>
      (sparsity: number) =>
        floor + cost * (1 - sparsity) ** power,
  );

const anyNetwork = fc.array(fc.record({ weights: fc.integer({ min: 1, max: 60 }), curve: convexCurve }), {
  minLength: 1,
  maxLength: 4,
});

const named = (weights: readonly number[]) => weights.map((count, i) => ({ name: `layer${i}`, weights: count }));

describe('cost-driven allocation', () => {
  it('takes the weights that cost most first, up to the most that a layer may lose', async () => {
    const cost = linear(5000, 1800); // 50 and 2 for each weight
    const result = await costDriven(pair, cost, { costReduction: 0.75, step: 0.1, range: [0, 0.8] });
    // 4000 of conv, 180 for each tenth of fc: 6800 - 4000 - 7 * 180 = 1540, below 1700; one less is 1720.
    expect(result.map.sparsities).toEqual({ conv: 0.8, fc: 0.7 });
    expect(result).toMatchObject({ startCost: 6800, reached: true, evaluations: 11 });
    expect(result.cost).toBeCloseTo(1540, 9);
    expect(result.costReduction).toBeCloseTo(1 - 1540 / 6800, 12);
    expect(result.overallSparsity).toBe(710 / 1000);
    expect(result.trace.map(({ layer }) => layer)).toEqual([...new Array(8).fill('conv'), ...new Array(7).fill('fc')]);
    expect(result.trace[0]).toMatchObject({ sparsity: 0.1, removedWeights: 10, overallSparsity: 0.01 });
    for (const { layer, marginalCost } of result.trace) expect(marginalCost).toBeCloseTo(layer === 'conv' ? 50 : 2, 9);
    expect(result.layers[0]).toMatchObject({ layer: 'conv', weights: 100, sparsity: 0.8, startCost: 5000 });
  });

  it('costs no more than any other choice of the same steps that prunes as many weights, where costs add and are convex', async () => {
    const options = { step: 0.25, range: [0, 0.75] } as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ weights: fc.constantFrom(4, 8, 12), curve: convexCurve }), { minLength: 2, maxLength: 3 }),
        fc.constantFrom(0.2, 0.4, 0.6),
        async (network, costReduction) => {
          const curves = network.map(({ curve }) => curve);
          const layers = named(network.map(({ weights }) => weights));
          const { cost, layers: chosen } = await costDriven(layers, separable(curves), { ...options, costReduction });
          const removed = (sparsities: readonly number[]) => sum(sparsities.map((sparsity, i) => sparsity * layers[i].weights));
          const own = removed(chosen.map(({ sparsity }) => sparsity));
          let choices: readonly number[][] = [[]];
          for (const _ of layers) choices = choices.flatMap((begun) => [0, 0.25, 0.5, 0.75].map((one) => [...begun, one]));
          const costs = choices
            .filter((choice) => removed(choice) === own)
            .map((choice) => sum(choice.map((s, i) => curves[i](s))));
          expect(cost).toBeLessThanOrEqual(Math.min(...costs) + 1e-9);
        },
      ),
    );
  });

  it('prunes no less for more, and stops at the first round behind which the target is met', async () => {
    await fc.assert(
      fc.asyncProperty(anyNetwork, fc.double({ min: 0.01, max: 0.99, noNaN: true }), async (network, costReduction) => {
        const layers = named(network.map(({ weights }) => weights));
        const cost = separable(network.map(({ curve }) => curve));
        const options = { step: 0.1, range: [0, 0.95] } as const;
        const less = await costDriven(layers, cost, { ...options, costReduction: costReduction * 0.7 });
        const more = await costDriven(layers, cost, { ...options, costReduction });
        expect(more.overallSparsity).toBeGreaterThanOrEqual(less.overallSparsity);
        expect(more.trace.slice(0, less.trace.length)).toEqual(less.trace);
        expect(more.reached).toBe(more.cost <= more.startCost * (1 - costReduction));
        if (!more.reached) {
          expect(Math.min(...more.layers.map((layer, i) => most(layers[i].weights) - pruned(layer)))).toBe(0);
          return;
        }
        const before = Object.fromEntries(layers.map(({ name }) => [name, 0]));
        for (const { layer, sparsity } of more.trace.slice(0, -1)) before[layer] = sparsity;
        const { total } = (await cost(Object.values(before))) as { total: number };
        expect(total).toBeGreaterThan(more.startCost * (1 - costReduction));
      }),
    );
    function most(weights: number): number {
      return weights - keptCount(weights, 0.95);
    }
    function pruned({ weights, sparsity }: { weights: number; sparsity: number }): number {
      return weights - keptCount(weights, sparsity);
    }
  });

  it('meets the target by what all sparsities cost together, also where layers depend on each other', async () => {
    // Shared waiting: it ends only as both layers thin out, so that neither saves by itself what the two save together.
    const cost: NetworkCost = async ([conv, fc]) => 1000 * (2 - conv - fc) + 4000 * Math.max(1 - conv, 1 - fc);
    const { cost: found, startCost, reached, map, trace } = await costDriven(pair, cost, { costReduction: 0.6 });
    expect([startCost, reached]).toEqual([6000, true]);
    expect(found).toBeLessThanOrEqual(2400);
    expect(found).toBe(await cost([map.sparsities.conv, map.sparsities.fc]));
    const before = { conv: 0, fc: 0, ...Object.fromEntries(trace.slice(0, -1).map((round) => [round.layer, round.sparsity])) };
    expect(await cost([before.conv, before.fc])).toBeGreaterThan(2400);
  });

  it('finds by a cost of the whole network alone what it finds by costs of the layers, in a call for each layer and level', async () => {
    const curves = [(s: number) => 9 * (1 - s) ** 2, (s: number) => 7 * (1 - s), (s: number) => 3 * (1 - s) ** 3];
    const layers = named([20, 30, 40]);
    const options = { costReduction: 0.6, step: 0.1, range: [0, 0.9] } as const;
    const [whole, byLayer] = [vi.fn(separable(curves, false)), vi.fn(separable(curves))];
    const results = [await costDriven(layers, whole, options), await costDriven(layers, byLayer, options)];
    const [one, other] = results.map(({ map, trace }) => ({ map, layers: trace.map(({ layer }) => layer) }));
    expect(one).toEqual(other);
    expect(results.map(({ evaluations }) => evaluations)).toEqual([whole.mock.calls.length, byLayer.mock.calls.length]);
    expect(results.map(({ layers: [first] }) => first.startCost)).toEqual([null, 9]);
    expect(whole.mock.calls.length).toBeLessThanOrEqual(1 + 3 * 9 + 8);
    expect(byLayer.mock.calls.length).toBeLessThanOrEqual(1 + 9 + 8);
  });

  it('goes through sparsities that save nothing to those that do', async () => {
    const cliff = (sparsity: number) => (sparsity < 0.8 ? 1000 : 100);
    const cost = separable([cliff, (sparsity) => 500 * (1 - sparsity)]);
    const layers = named([100, 100]);
    const { map, trace } = await costDriven(layers, cost, { costReduction: 0.6, step: 0.1, range: [0, 0.9] });
    // 900 for 80 weights are more than 5 for each of the others.
    expect(map.sparsities).toEqual({ layer0: 0.8, layer1: 0 });
    for (const { marginalCost } of trace) expect(marginalCost).toBeCloseTo(900 / 80, 12);
  });

  it('says how much is saved where the target is out of reach', async () => {
    const cost = separable([(sparsity) => 600 + 400 * (1 - sparsity), () => 1000]);
    const result = await costDriven(named([10, 10]), cost, { costReduction: 0.5, step: 0.1, range: [0, 0.5] });
    expect(result).toMatchObject({ reached: false, cost: 1800, map: { sparsities: { layer0: 0.5, layer1: 0 } } });
    expect(result.costReduction).toBeCloseTo(0.1, 12);
    const flat = await costDriven(named([10]), async () => 7, { costReduction: 0.5 });
    expect(flat).toMatchObject({ reached: false, cost: 7, trace: [], map: { sparsities: { layer0: 0 } } });
    expect(flat.map.finalSparsity).toBeUndefined();
  });

  it('meets an overall sparsity to the weight, within the ranges, and as the map of a method', async () => {
    await fc.assert(
      fc.asyncProperty(anyNetwork, fc.double({ min: 0.01, max: 0.9, noNaN: true }), async (network, share) => {
        const layers = named(network.map(({ weights }) => weights));
        const all = sum(layers.map(({ weights }) => weights));
        const options = { step: 0.07, range: [0, 0.9], ranges: { layer0: [0.1, 0.5] } } as const;
        const [least, most] = [0, 1].map((end) =>
          sum(layers.map(({ weights }, i) => weights - keptCount(weights, (i === 0 ? [0.1, 0.5] : [0, 0.9])[end]))),
        );
        const wanted = Math.round(least + share * (most - least));
        fc.pre(wanted > 0);
        const result = await costDriven(layers, separable(network.map(({ curve }) => curve)), {
          ...options,
          sparsity: wanted / all,
        });
        expect(Math.round(result.overallSparsity * all)).toBe(wanted);
        expect(sum(result.layers.map(({ weights, sparsity }) => weights - keptCount(weights, sparsity)))).toBe(wanted);
        result.layers.forEach(({ sparsity }, i) => {
          expect(sparsity).toBeGreaterThanOrEqual(i === 0 ? 0.1 : 0);
          expect(sparsity).toBeLessThanOrEqual(i === 0 ? 0.5 : 0.9);
        });
        const { overallSparsity: finalSparsity } = result;
        const method = gradualMagnitude({ finalSparsity, endStep: 2, allocation: mapAllocation(result.map) });
        const kernels = layers.map(({ name, weights }) =>
          kernelState(
            Float32Array.from({ length: weights }, () => rng.normal()),
            { ...kernelInfo([weights, 1]), name },
          ),
        );
        const masks = method.updateMasks(kernels, { step: 2, sparsity: finalSparsity, rng });
        const kept = masks.map(({ forward }, i) => (forward ? sum(forward) : layers[i].weights));
        expect(all - sum(kept)).toBe(wanted);
      }),
    );
  });

  it('holds savings against scores when asked to: equal ones are as none, and a layer of unimportant weights goes first', async () => {
    const cost = linear(40, 44);
    const level = { step: 0.25, range: [0, 0.75], sparsity: 0.25 } as const;
    const scored = (first: readonly number[]): readonly CostDrivenLayer[] => [
      { name: 'a', weights: 4, scores: Float32Array.from(first) },
      { name: 'b', weights: 4, scores: Float32Array.of(2, 2, 2, 2) },
    ];
    const [plain, equal] = await Promise.all(
      [{}, { per: 'score' } as const].map((per) => costDriven(scored([5, 5, 5, 5]), cost, { ...level, ...per })),
    );
    expect(equal).toEqual(plain);
    expect(plain.map.sparsities).toEqual({ a: 0, b: 0.5 });
    // The two least of a count for (1 + 1) / 5 weights and save 20; a weight of b counts for one and saves 11.
    const uneven = await costDriven(scored([1, 9, 1, 9]), cost, { ...level, per: 'score' });
    // A plain list is sorted by value too: as text, 10 is the least.
    const list = [{ ...scored([])[0], scores: [2, 10, 2, 10] as unknown as Float32Array }, scored([])[1]] as CostDrivenLayer[];
    const typed = await costDriven(scored([2, 10, 2, 10]), cost, { ...level, per: 'score' });
    expect(await costDriven(list, cost, { ...level, per: 'score' })).toEqual(typed);
    expect(uneven.map.sparsities).toEqual({ a: 0.5, b: 0 });
    expect(uneven.trace.map(({ marginalCost }) => marginalCost)).toEqual([10, 10]);
  });

  it('finds the first round behind which a target is met in few measurements, wherever it guesses', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(500), fc.nat(500), fc.nat(500), async (most, first, guess) => {
        const isReached = vi.fn(async (count: number) => count >= first);
        expect(await firstReached(most, guess, isReached)).toBe(Math.min(most, first));
        for (const [count] of isReached.mock.calls) expect(count).toBeLessThan(most);
        // There and back: the stride doubles until the answer is between two probes, then what is between them is halved.
        expect(isReached.mock.calls.length).toBeLessThanOrEqual(3 + 2 * Math.log2(most + 1));
        if (first > 0 && first < most && guess === first) expect(isReached.mock.calls.length).toBe(2);
      }),
    );
  });

  it.each<[string, Partial<CostDrivenOptions>, RegExp]>([
    ['both targets', { sparsity: 0.5 }, /target of costDriven: got both costReduction and sparsity, expected one of them/],
    ['no target', { costReduction: undefined }, /target of costDriven: got neither/],
    ['all of the cost', { costReduction: 1 }, /costReduction of costDriven: got 1, expected a fraction above 0 and below 1/],
    ['NaN', { costReduction: Number.NaN }, /costReduction of costDriven: got NaN/],
    ['no step', { step: 0 }, /step: got 0, expected a fraction of weights from 1e-6 to 1/],
    ['a step too small to list', { step: 1e-10 }, /step: got 1e-10, expected a fraction of weights from 1e-6 to 1/],
    ['a range that is turned round', { range: [0.9, 0.1] }, /range: got \[0.9,0.1\], expected \[least, most\]/],
    ['a range up to 1', { range: [0, 1] }, /range, the most: got 1, expected a fraction of zeros in \[0, 1\)/],
    [
      'a range of no layer',
      { ranges: { con: [0, 0.5] } },
      /ranges by layer: got con, expected names among conv, fc. Did you mean conv/,
    ],
    ['an unknown measure', { per: 'scores' as 'score' }, /per: got scores, .*Did you mean score/],
    ['scores where there are none', { per: 'score' }, /scores of layer conv: got none, expected one for each of its 100 weights/],
    ['an unknown option', { target: 0.5 } as object, /option of costDriven: got target/],
    [
      'a sparsity beyond the range',
      { costReduction: undefined, sparsity: 0.99 },
      /got 0.99, expected 0 to 0.98, which the ranges/,
    ],
  ])('refuses %s', async (_, options, message) => {
    await expect(costDriven(pair, linear(1, 1), { costReduction: 0.5, ...options })).rejects.toThrow(message);
  });

  it('refuses costs and layers that are none', async () => {
    const options = { costReduction: 0.5 };
    const bad = [
      Number.NaN,
      -1,
      { total: 1, layers: [1] },
      { total: 1, layers: [1, Number.NaN] },
      undefined as unknown as number,
    ];
    for (const cost of bad) await expect(costDriven(pair, async () => cost, options)).rejects.toThrow(/^cost of a network: got/);
    await expect(costDriven([], linear(), options)).rejects.toThrow(/layers of costDriven: got none/);
    await expect(costDriven([pair[0], pair[0]], linear(1, 1), options)).rejects.toThrow(/got names conv, conv/);
    await expect(costDriven([{ name: 'a', weights: 0 }], linear(1), options)).rejects.toThrow(/weights of layer a: got 0/);
    for (const scores of [
      [1, Number.NaN],
      [1, -1],
      [0, 0],
    ]) {
      const layer = { name: 'a', weights: 2, scores: Float32Array.from(scores) };
      await expect(costDriven([layer], linear(1), { ...options, per: 'score' })).rejects.toThrow(/^scores of layer a: got/);
    }
  });
});
