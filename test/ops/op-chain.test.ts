import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forwardBackwardOp } from '../../src/ops/forward-backward-op.js';
import { asOneOp, withoutChain } from '../../src/ops/op-chain.js';
import { observeTape } from '../../src/ops/tap/tape.js';
import { isOn } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { relativeDifference } from './support/tapped-values.js';

const product = (a: tf.Tensor, b: tf.Tensor) =>
  forwardBackwardOp({
    name: 'product',
    inputs: { a, b },
    attrs: {},
    forward(save) {
      save([a, b]);
      return a.mul(b);
    },
    backward: (dy, [A, B]) => ({ a: () => dy.mul(B as tf.Tensor), b: () => dy.mul(A as tf.Tensor) }),
  });

const difference = (a: tf.Tensor, b: tf.Tensor) =>
  forwardBackwardOp({
    name: 'difference',
    inputs: { a, b },
    attrs: {},
    forward: () => a.sub(b),
    backward: (dy) => ({ a: () => dy.clone(), b: () => dy.neg() }),
  });

/** An op of tfjs between those of the chain. */
const tanhOfSum = (a: tf.Tensor, b: tf.Tensor) => withoutChain([a, b], () => a.add(b).tanh());

const kinds = { product, difference, tanhOfSum };

/** Each step takes two of the values so far; the last one gives the result, and some serve nobody. */
const programs = fc.array(
  fc.record({
    kind: fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[])),
    a: fc.nat({ max: 11 }),
    b: fc.nat({ max: 11 }),
  }),
  { minLength: 1, maxLength: 8 },
);

const start = [
  [0.5, -1, 2],
  [1.5, 0.25, -0.75],
  [-0.5, 1, 0.125],
];

type Gradients = Readonly<Record<string, readonly number[]>>;

/** Gradients of all variables, and the ops on the tape. What serves nobody has no gradient at all where it is no part of a larger op: zeros. */
function train(body: (variables: readonly tf.Variable[]) => tf.Tensor): {
  readonly gradients: Gradients;
  readonly tape: readonly string[];
} {
  const tape: string[] = [];
  const variables = tf.tidy(() => start.map((values, i) => tf.variable(tf.tensor1d(values), true, `chained${i}`)));
  const release = observeTape((op) => void tape.push(op));
  try {
    return tf.tidy(() => {
      const { grads } = tf.variableGrads(() => body(variables).sum().asScalar(), variables);
      const valuesOf = (gradient: tf.Tensor | undefined) => [...(gradient?.dataSync() ?? [0, 0, 0])];
      const gradients = variables.map(({ name }) => [name, valuesOf(grads[name])] as const);
      return { gradients: Object.fromEntries(gradients), tape };
    });
  } finally {
    release();
    tf.dispose(variables);
  }
}

function pairs(actual: Gradients, expected: Gradients) {
  return Object.keys(expected).map((name) => ({
    name,
    actual: Float32Array.from(actual[name] as readonly number[]),
    expected: Float64Array.from(expected[name] as readonly number[]),
  }));
}

describe.runIf(isOn('wasm', "chains of operations are those of lanes, on wasm's heap"))('ops in a chain', () => {
  it('have the gradients that they have one by one, with ops of tfjs between them, and leave no tensors', async () => {
    await fc.assert(
      fc.asyncProperty(programs, async (program) => {
        await expectNoLeak(() => {
          const run = (variables: readonly tf.Tensor[]) => {
            const values = [...variables];
            const pick = (i: number) => values[i % values.length] as tf.Tensor;
            for (const { kind, a, b } of program) values.push(kinds[kind](pick(a), pick(b)));
            return values.at(-1) as tf.Tensor;
          };
          const [apart, chained] = [train(run), train((variables) => tf.tidy(() => asOneOp(() => run(variables))))];
          // A sum of three may be taken in another order, and tanh makes the most of it where it is nearly flat.
          for (const { name, actual, expected } of pairs(chained.gradients, apart.gradients)) {
            expect(relativeDifference(actual, expected), name).toBeLessThan(1e-3);
          }
        });
      }),
      { numRuns: 60, seed: 73 },
    );
  });

  it('are one op on the tape, or one before and one behind an op of tfjs that a value leaps over', () => {
    const own = ({ tape }: { readonly tape: readonly string[] }) => tape.filter((op) => op === 'opChain').length;
    // d/dx of x y - z and of x y - tanh(x y + z)
    const two = train(([x, y, z]) => asOneOp(() => difference(product(x as tf.Tensor, y as tf.Tensor), z as tf.Tensor)));
    expect(own(two)).toBe(1);
    expect(two.gradients.chained0).toEqual([1.5, 0.25, -0.75]);
    const leap = train(([x, y, z]) =>
      asOneOp(() => {
        const xy = product(x as tf.Tensor, y as tf.Tensor);
        return difference(xy, tanhOfSum(xy, z as tf.Tensor));
      }),
    );
    expect(own(leap)).toBe(2);
    const expected = start[0]?.map((x, i) => {
      const [y, z] = [start[1]?.[i], start[2]?.[i]] as [number, number];
      return y * Math.tanh(x * y + z) ** 2;
    });
    expect(relativeDifference(leap.gradients.chained0 as number[], Float64Array.from(expected as number[]))).toBeLessThan(1e-5);
  });

  it('leave no tensors where one of them fails', async () => {
    await expectNoLeak(() => {
      const failing = ([x, y]: readonly tf.Tensor[]) =>
        asOneOp(() => {
          product(x as tf.Tensor, y as tf.Tensor);
          throw new Error('broken');
        });
      expect(() => train(failing)).toThrow('broken');
      // What comes next is not part of it.
      expect(train(([x, y]) => product(x as tf.Tensor, y as tf.Tensor)).tape).not.toContain('opChain');
    });
  });
});
