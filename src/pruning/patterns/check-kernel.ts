import { SparsityError } from '../../errors.js';
import { firstUnranked } from '../../kernels/index.js';
import type { KernelInfo, KernelKind } from '../contracts.js';
import { sizeFromShape } from '../size-from-shape.js';

const ranks: Readonly<Record<KernelKind, number>> = { dense: 2, conv1d: 3, conv2d: 4, depthwiseConv2d: 4 };

/** Refuses a shape that is not of the kernel's kind, and scores that are not of the shape, NaN or +Infinity. */
export function checkKernel({ name, kind, shape }: KernelInfo, scores: Float32Array): void {
  if (shape.length !== ranks[kind]) {
    throw new SparsityError({
      what: `kernel ${name}`,
      got: shape,
      expected: `${ranks[kind]} axes, as a ${kind} kernel has`,
      fix: "pass the shape of the layer's kernel, not of its bias or of one filter",
    });
  }
  const size = sizeFromShape(shape);
  if (scores.length !== size) {
    const expected = `${size}, one for each weight of [${shape.join(', ')}]`;
    throw new SparsityError({ what: `number of scores of ${name}`, got: scores.length, expected, fix: 'score every weight' });
  }
  const unranked = firstUnranked(scores);
  if (unranked < 0) return;
  throw new SparsityError({
    what: `score ${unranked} of ${name}`,
    got: scores[unranked],
    expected: 'a finite number, or -Infinity for a weight to leave out',
    fix: 'look for NaN and Infinity among the weights, or in the score',
  });
}
