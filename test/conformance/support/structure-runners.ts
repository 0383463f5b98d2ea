import { groupLasso, packMask, unpackMask } from 'tfjs-sparsity/pruning';
import { expectKeys, expectMask, expectNear } from './compare.js';
import { infoOf, scoresOf } from './kernels.js';
import { flat, type Runners, shapeOf, type Value } from './pruning-cases.js';

const lassoOf = (rows: Value, lambda: number) =>
  groupLasso({ block: { kind: 'lanes', width: shapeOf(rows)[1], axis: 'output' }, lambda });

/** Group lasso over rows, and packed masks. */
export const structureRunners: Runners = {
  'pack {mask}': ({ input: { mask }, expected }) => {
    const packed = packMask(Uint8Array.from(flat(mask)));
    expectMask(packed, expected);
    expectMask(unpackMask(packed, flat(mask).length), mask);
  },
  'penalty {rows}': ({ input: { rows }, expected }) =>
    expectNear(lassoOf(rows, 1).penalty(scoresOf(rows), infoOf(shapeOf(rows))), expected),
  'penalty.grad {rows}': ({ input: { rows }, expected }) =>
    expectNear([...lassoOf(rows, 1).gradient(scoresOf(rows), infoOf(shapeOf(rows)))], expected),
  'prox {gamma, reg_lambda, rows}': ({ input: { rows, gamma, reg_lambda }, expected }) =>
    expectKeys(expected, { rows: [...lassoOf(rows, gamma * reg_lambda).proximal(scoresOf(rows), infoOf(shapeOf(rows)))] }),
};
