import { bdwpReduction } from 'tfjs-sparsity/hw';
import { type GroupAxis, isNm, type NmOptions, nm, phaseDensity, sparsityOf } from 'tfjs-sparsity/pruning';
import { expect } from 'vitest';
import { SparsityError } from '../../../src/errors.js';
import { createRng } from '../../../src/rng.js';
import { expectKeys, expectMask, expectNear } from './compare.js';
import { along, infoOf, magnitudesOf, nmProfileOf, scoresOf, sizeOf } from './kernels.js';
import { LeftOut } from './left-out.js';
import { flat, type Runners, shapeOf, type Value } from './pruning-cases.js';

const someSparsity = 0.5; // N:M has its own; only 0 means something else

/** The N:M mask of a kernel's scores. */
const maskOf = (scores: Float32Array, shape: readonly number[], options: NmOptions, sparsity = someSparsity) =>
  nm(options)(scores, infoOf(shape), sparsity);

/** N:M along the last axis. */
const rowMask = (rows: Value, options: Omit<NmOptions, 'axis'>) =>
  maskOf(magnitudesOf(rows), shapeOf(rows), { ...options, axis: 'output' });

/** The axis that a case names. */
function axisOf(axis: number | string): GroupAxis {
  if (typeof axis === 'number') return axis;
  if (/^(c?in|input|i)$/i.test(axis)) return 'input';
  if (/^(c?out|output|o)$/i.test(axis)) return 'output';
  if (/^(spatial|window|kernel|h.?w)$/i.test(axis)) return 'window';
  throw new Error(`unknown axis: ${axis}`);
}

/** Refuses weights that do not lie as tfjs has them, or a shape that is not the one stated. */
function checkLayout(layout: string, weights: Value): void {
  if (!/^HWI[OM]\b|^IO\b|\[in, ?out\]|\[H, ?W, ?Cin, ?(Cout|mult)\]/.test(layout)) throw new Error(`unknown layout: ${layout}`);
  const shape = /^HWI[OM] (\[[\d, ]+\])$/.exec(layout)?.[1];
  if (shape) expect(shapeOf(weights)).toEqual(JSON.parse(shape));
}

/** The mask, or what a throw is called in the cases. */
function maskOrThrow(make: () => Uint8Array): Value {
  try {
    return make();
  } catch (error) {
    if (error instanceof SparsityError) return 'ValueError';
    throw error;
  }
}

/** N:M masks: axes, padding, ties. */
export const nmRunners: Runners = {
  'check.nm {of, rows, zeros}': ({ input: { rows, zeros, of }, expected }) =>
    expect(isNm(flat(rows), infoOf(shapeOf(rows)), { n: of - zeros, m: of, axis: 'output' })).toBe(expected),

  'cost {m, n}': ({ input: { n, m }, expected }) => {
    const bdwpShare = 1 - bdwpReduction({ prunableShare: 1, n, m });
    const by = (method: string) => phaseDensity(method, { n, m }).training;
    expectNear(by('bdwp'), bdwpShare);
    expectKeys(expected, {
      dense: by('dense'),
      sr_ste_usable: by('sr-ste'),
      sdgp: by('sdgp'),
      bdwp: bdwpShare,
      ideal_speedup_bdwp: 1 / bdwpShare,
    });
  },

  'mask.contrast {keep, of, row}': ({ input: { row, keep, of }, expected }) => {
    const by = (profile: 'tfmot' | 'jaxpruner') => rowMask(row, { n: keep, m: of, profile });
    const known = { tfmot_lowest_index: by('tfmot'), jaxpruner_highest_index: by('jaxpruner') };
    expectKeys(expected, known, {
      asp_pattern_order_cpython3_11: 'ASP breaks ties by the order of a Python set, which no rule says',
      sr_ste: 'SR-STE breaks ties by an unstable sort, so that there is no figure',
    });
  },
  'mask.contrast {layout, weights}': ({ input: { weights, layout }, expected }) => {
    checkLayout(layout, weights);
    const by = (profile: 'tfmot' | 'jaxpruner') =>
      maskOrThrow(() => maskOf(magnitudesOf(weights), shapeOf(weights), { n: 2, m: 4, axis: 'input', profile }));
    const { jaxpruner, ...masks } = expected;
    expectKeys(
      masks,
      { tfmot_pad_per_row: by('tfmot') },
      {
        asp: 'ASP skips such a layer; here the last group is padded',
        sr_ste_nhwc_groups_cross_pixels:
          'groups of SR-STE run on into the next pixel or filter; here they end with the reduction axis',
      },
    );
    if (Array.isArray(jaxpruner)) expectMask(by('jaxpruner'), jaxpruner);
    else if (jaxpruner !== undefined) expect(by('jaxpruner')).toBe(jaxpruner);
  },

  'mask.count {axis, m, n, shape, sparsity}': ({ input: { axis, m, n, shape, sparsity }, expected }) => {
    const kernel = along(shape, axis);
    const pattern = nm({ n, m, axis: kernel.axis, profile: 'jaxpruner' });
    const zeros = (target: number) => sparsityOf(pattern(new Float32Array(sizeOf(shape)), kernel.info, target));
    expectKeys(expected, { zero_fraction: zeros(sparsity), at_sparsity_gt_0: zeros(someSparsity) });
  },

  'mask.nm {axis, keep, layout, of, weights}': (test) => {
    const { weights, layout, axis, keep, of } = test.input;
    checkLayout(layout, weights);
    const options = { n: keep, m: of, axis: axisOf(axis), profile: nmProfileOf(test) };
    expectKeys(test.expected, { mask: maskOf(magnitudesOf(weights), shapeOf(weights), options) });
  },
  'mask.nm {axis, m, n, scores}': ({ input: { scores, axis, n, m }, expected }) => {
    const kernel = along(shapeOf(scores), axis);
    const pattern = nm({ n, m, axis: kernel.axis, profile: 'jaxpruner' });
    expectKeys(expected, { mask: pattern(scoresOf(scores), kernel.info, someSparsity) });
  },
  'mask.nm {layout, of, weights, zeros}': ({ input: { weights, layout, zeros, of }, expected }) => {
    checkLayout(layout, weights);
    const options = { n: of - zeros, m: of, profile: 'tfmot' } as const;
    expectKeys(expected, { mask: maskOf(magnitudesOf(weights), shapeOf(weights), options) });
  },

  'mask.nm.rows {keep, of, rows}': (test) => {
    const { rows, keep, of } = test.input;
    expectKeys(test.expected, { mask: rowMask(rows, { n: keep, m: of, profile: nmProfileOf(test) }) });
  },
  'mask.nm.rows {of, pad, rows, zeros}': ({ input: { rows, pad, zeros, of }, expected }) => {
    if (pad !== 'zeros at row end') throw new Error(`unknown padding: ${pad}`);
    expectKeys(expected, { mask: rowMask(rows, { n: of - zeros, m: of, profile: 'tfmot' }) });
  },

  'mask.ratio {cin, cout, kernel, of, zeros}': ({ input: { kernel, cin, cout, zeros, of }, expected }) => {
    const shape = [...kernel, cin, cout];
    const rng = createRng(0);
    const scores = Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform());
    expectKeys(expected, { overall_sparsity: sparsityOf(maskOf(scores, shape, { n: of - zeros, m: of, profile: 'tfmot' })) });
  },

  'mask.throws {axis, m, n, shape}': ({ input: { axis, m, n, shape } }) => {
    const kernel = along(shape, axis);
    const make = () => nm({ n, m, axis: kernel.axis, profile: 'jaxpruner' });
    expect(() => make()(new Float32Array(sizeOf(shape)), kernel.info, someSparsity)).toThrow(SparsityError);
  },
  'mask.throws {m, n}': ({ input: { m, n } }) => expect(() => nm({ n, m })).toThrow(SparsityError),
  'mask.throws {of, zeros}': ({ input: { of, zeros } }) => expect(() => nm({ n: of - zeros, m: of })).toThrow(SparsityError),
  'mask.throws {weights_shape}': ({ input: { weights_shape: shape } }) => {
    if (shape.length === 3) throw new LeftOut('N:M of a conv1d kernel, which has three axes, is well defined here');
    const scores = new Float32Array(sizeOf(shape));
    expect(() => nm({ n: 2, m: 4 })(scores, { ...infoOf([1, 1]), shape }, someSparsity)).toThrow(SparsityError);
  },
};
