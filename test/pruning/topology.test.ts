import fc from 'fast-check';
import { acdc, type DropFractionOptions, dropAndGrow, dropFraction, zeroWhere } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { kernelInfo, kernelState, masksFor, normal, rng, sum } from './kernel-info.js';

const anyExchange = fc.integer({ min: 1, max: 40 }).chain((size) =>
  fc.record({
    mask: fc.array(fc.constantFrom(0, 1), { minLength: size, maxLength: size }).map((bits) => Uint8Array.from(bits)),
    dropScores: fc.array(fc.integer({ min: -5, max: 5 }), { minLength: size, maxLength: size }).map((s) => Float32Array.from(s)),
    growScores: fc.array(fc.integer({ min: -5, max: 5 }), { minLength: size, maxLength: size }).map((s) => Float32Array.from(s)),
    dropFraction: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
);

/** One weight at a time: drop the lowest, the last of a tie; then grow the highest, the first of a tie. */
function slowExchange({ mask, dropScores, growScores, dropFraction }: Parameters<typeof dropAndGrow>[0]): Uint8Array {
  const next = mask.slice();
  // A fraction stands for the decimal that it lies next to.
  const count = Math.trunc(sum(mask) * (dropFraction + 1e-12));
  for (let k = 0; k < count; k++) {
    let worst = -1;
    for (let i = 0; i < next.length; i++) if (next[i] === 1 && (worst < 0 || dropScores[i] <= dropScores[worst])) worst = i;
    next[worst] = 0;
  }
  for (let k = 0; k < count; k++) {
    let best = -1;
    for (let i = 0; i < next.length; i++) if (next[i] === 0 && (best < 0 || growScores[i] > growScores[best])) best = i;
    next[best] = 1;
  }
  return next;
}

describe('dropAndGrow', () => {
  it('keeps the number of weights, and does what one weight at a time would', () => {
    fc.assert(
      fc.property(anyExchange, (exchange) => {
        const { kept, grown, mask } = dropAndGrow(exchange);
        expect(sum(mask)).toBe(sum(exchange.mask));
        expect(kept.every((bit, i) => bit <= exchange.mask[i] && bit + grown[i] === mask[i])).toBe(true);
        expect(mask).toEqual(slowExchange(exchange));
      }),
    );
  });

  it('drops |1| of [1, 8, 2] and grows the gradient of 9, by hand', () => {
    const made = dropAndGrow({
      mask: Uint8Array.of(0, 1, 1, 1, 0),
      dropScores: Float32Array.of(0, 1, 8, 2, 0),
      growScores: Float32Array.of(4, 5, 1, 1, 9),
      dropFraction: 0.5,
    });
    expect(Array.from(made.mask)).toEqual([0, 0, 1, 1, 1]);
    expect(Array.from(made.grown)).toEqual([0, 0, 0, 0, 1]);
  });

  it('drops as many as the fraction says in decimals: 29 of 100 at 0.29, which in floating point is a little less', () => {
    const half = (bit: number) => Uint8Array.from({ length: 200 }, (_, i) => (i < 100 ? bit : 1 - bit));
    const scores = { dropScores: new Float32Array(200), growScores: Float32Array.from(half(0)) };
    for (const [fraction, dropped] of [
      [0.29, 29],
      [0.57, 57],
      [0.299, 29],
      [0.3, 30],
    ]) {
      const { kept } = dropAndGrow({ mask: half(1), ...scores, dropFraction: fraction });
      expect(sum(kept)).toBe(100 - dropped);
    }
  });

  it('exchanges everything at a fraction of 1, but keeps one weight under the profile jaxpruner', () => {
    const exchange = {
      mask: Uint8Array.of(1, 1, 0, 0),
      dropScores: Float32Array.of(2, 1, 0, 0),
      growScores: Float32Array.of(0, 0, 1, 1),
      dropFraction: 1,
    };
    expect(Array.from(dropAndGrow(exchange).mask)).toEqual([0, 0, 1, 1]);
    expect(Array.from(dropAndGrow({ ...exchange, profile: 'jaxpruner' }).mask)).toEqual([1, 0, 1, 0]);
  });

  it('refuses NaN, too few scores and a fraction above 1', () => {
    const exchange = { mask: Uint8Array.of(1), dropScores: Float32Array.of(1), growScores: Float32Array.of(1), dropFraction: 1 };
    expect(() => dropAndGrow({ ...exchange, growScores: Float32Array.of(Number.NaN) })).toThrow('growScores[0]');
    expect(() => dropAndGrow({ ...exchange, dropScores: new Float32Array(2) })).toThrow('number of dropScores: got 2');
    expect(() => dropAndGrow({ ...exchange, dropFraction: 30 })).toThrow('a fraction in [0, 1]');
  });
});

describe('dropFraction', () => {
  const kinds = ['cosine', 'linear', 'inverse-power', 'constant'] as const;

  it('begins at the initial fraction, never rises, and is 0 from the end on', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        (anneal, initial, endStep) => {
          const fraction = dropFraction({ initial, anneal, endStep });
          expect(fraction(0)).toBe(initial);
          for (let step = 0; step < endStep; step++) expect(fraction(step + 1)).toBeLessThanOrEqual(fraction(step));
          expect([fraction(endStep), fraction(endStep + 9)]).toEqual([0, 0]);
        },
      ),
    );
  });

  it('is at half way 0.5, 0.5, 0.125 and 1 of the initial fraction, and at a third 0.75, 2/3, 8/27 and 1', () => {
    const at = (step: number) =>
      kinds.map((anneal) => Number(dropFraction({ initial: 1, anneal, endStep: 6 })(step).toFixed(12)));
    expect(at(3)).toEqual([0.5, 0.5, 0.125, 1]);
    expect(at(2)).toEqual([0.75, 0.666666666667, 0.296296296296, 1]);
  });

  it.each<[object, string]>([
    [{ initial: 1.5, endStep: 10 }, 'initial: got 1.5'],
    ...['0.5', '', true, [], [1]].map((initial): [object, string] => [{ initial, endStep: 10 }, 'initial: got']),
    [{ endStep: 0 }, 'endStep: got 0'],
    [{ endStep: 10, anneal: 'cosin' }, 'Did you mean cosine'],
    [{ endStep: 10, power: 0 }, 'power: got 0'],
  ])('refuses %o', (options, message) => {
    expect(() => dropFraction(options as DropFractionOptions)).toThrow(message);
  });
});

describe('zeroWhere', () => {
  it('is 0 where the mask is 1, and else the value', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(0, 1), fc.integer())), (pairs) => {
        const made = zeroWhere(Uint8Array.from(pairs.map(([bit]) => bit)), Float32Array.from(pairs.map(([, value]) => value)));
        expect(Array.from(made)).toEqual(pairs.map(([bit, value]) => (bit === 1 ? 0 : Math.fround(value))));
      }),
    );
    expect(() => zeroWhere(new Uint8Array(2), new Float32Array(3))).toThrow('number of values: got 3');
  });
});

describe('acdc', () => {
  const method = acdc({ sparsity: 0.75, endStep: 40, sparseSteps: 10, denseSteps: 10 });

  it('masks all operands alike in a sparse phase, and nothing in a dense one, whatever was masked before', () => {
    const weights = normal(64);
    const sparse = masksFor(method, weights, [8, 8], 0.75);
    expect(sum(sparse.forward as Uint8Array)).toBe(16);
    expect(sparse.backward).toBe(sparse.forward);
    expect(sparse.gradient).toBe(sparse.forward);
    expect(masksFor(method, weights, [8, 8], 0, sparse)).toEqual({ forward: null, backward: null, gradient: null });
  });

  it('lets a weight return in the next sparse phase once it has grown, by hand', () => {
    const info = kernelInfo([1, 4]);
    const [first] = method.updateMasks([kernelState([4, 3, 2, 1], info)], { step: 0, sparsity: 0.75, rng });
    const [then] = method.updateMasks([kernelState([4, 0, 0, 5], info, first)], { step: 20, sparsity: 0.75, rng });
    expect([first, then].map(({ forward }) => [...(forward as Uint8Array)])).toEqual([
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ]);
  });
});
