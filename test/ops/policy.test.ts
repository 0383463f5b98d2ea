import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { type LayerPolicy, sparsify, sparsifyReport, sparsifyTable } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { matchesLayer } from '../../src/ops/layer-match.js';
import { applyPolicy } from '../../src/ops/policy.js';

function report(policy: LayerPolicy): { masked: readonly string[]; reasons: Record<string, string> } {
  const dense = tf.sequential({
    layers: [
      tf.layers.dense({ name: 'first', units: 4, inputShape: [3] }),
      tf.layers.dense({ name: 'middle', units: 8 }),
      tf.layers.dense({ name: 'last', units: 2 }),
    ],
  });
  const model = sparsify(dense, policy);
  const { masked, skipped } = sparsifyReport(model);
  for (const m of [dense, model]) m.dispose();
  return { masked, reasons: Object.fromEntries(skipped.map(({ layer, reason }) => [layer, reason])) };
}

describe('a layer policy', () => {
  it('takes every layer by default', () => {
    expect(report({})).toEqual({ masked: ['first', 'middle', 'last'], reasons: {} });
  });

  it('includes and excludes by name, pattern and test', () => {
    expect(report({ include: 'middle' })).toEqual({
      masked: ['middle'],
      reasons: { first: 'policy.include does not name it', last: 'policy.include does not name it' },
    });
    expect(report({ exclude: [/st$/, (layer) => layer.countParams() > 30] })).toEqual({
      masked: [],
      reasons: { first: 'policy.exclude names it', middle: 'policy.exclude names it', last: 'policy.exclude names it' },
    });
  });

  it('skips small kernels, the first and the last, and says so', () => {
    expect(report({ minWeights: 13 })).toEqual({
      masked: ['middle', 'last'],
      reasons: { first: 'its kernel has 12 weights, fewer than policy.minWeights = 13' },
    });
    expect(report({ skipFirst: true, skipLast: true })).toEqual({
      masked: ['middle'],
      reasons: {
        first: 'it is the first prunable layer, and policy.skipFirst is set',
        last: 'it is the last prunable layer, and policy.skipLast is set',
      },
    });
  });

  it('takes names with * for any text and regular expressions between slashes, as plain data has them', () => {
    expect(report({ include: '*st' }).masked).toEqual(['first', 'last']);
    expect(report({ include: ['m*d*e', '/^la/'] }).masked).toEqual(['middle', 'last']);
    expect(report({ exclude: '*' }).masked).toEqual([]);
  });

  it('law: a name with stars fits exactly the names that its pieces make up in order', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '+'), maxLength: 3 });
    const fits = (name: string, pieces: readonly string[]): boolean => {
      const [head = '', ...rest] = pieces;
      if (!name.startsWith(head)) return false;
      const left = name.slice(head.length);
      if (rest.length === 0) return left === '';
      return Array.from({ length: left.length + 1 }, (_, i) => left.slice(i)).some((end) => fits(end, rest));
    };
    fc.assert(
      fc.property(letters, fc.array(letters, { minLength: 1, maxLength: 4 }), (name, pieces) => {
        const layer = { name } as tf.layers.Layer;
        expect(matchesLayer(layer, pieces.join('*'))).toBe(fits(name, pieces));
      }),
    );
  });

  it('takes layers by class and by what their channels are multiples of', () => {
    expect(report({ classes: 'Dense' }).masked).toEqual(['first', 'middle', 'last']);
    expect(report({ classes: ['Conv2D'] }).reasons.first).toBe('policy.classes does not name Dense');
    expect(report({ divisibleBy: { input: 4, output: 8 } })).toEqual({
      masked: ['middle'],
      reasons: {
        first: 'its 3 input channels are no multiple of policy.divisibleBy.input = 4',
        last: 'its 2 output channels are no multiple of policy.divisibleBy.output = 8',
      },
    });
    expect(report({ divisibleBy: { output: 4 } }).masked).toEqual(['first', 'middle']);
  });

  it('says which kernel of a layer of two does not pass', () => {
    const pixels = tf.layers.separableConv2d({ name: 'pixels', filters: 8, kernelSize: 3, inputShape: [6, 6, 4] });
    const model = tf.sequential({ layers: [pixels] });
    const of = (policy: LayerPolicy) => applyPolicy(model, policy).get(pixels);
    expect(of({ divisibleBy: { output: 8 } })).toBe(
      'its 1 output channels of depthwiseKernel are no multiple of policy.divisibleBy.output = 8',
    );
    expect(of({ minWeights: 34 })).toBe('its pointwiseKernel has 32 weights, fewer than policy.minWeights = 34');
    model.dispose();
  });

  it('takes a rule over the whole model', () => {
    const policy = (model: tf.LayersModel) => new Map([[model.getLayer('middle'), 'because']]);
    expect(report({ policy })).toEqual({ masked: ['first', 'last'], reasons: { middle: 'because' } });
  });

  it('prints what was done, 80 columns wide', () => {
    const masked = ['first', 'a_name_that_is_longer_than_the_column_of_names'];
    const reason = 'because it is so, and because there is more to say about it than one line of eighty columns can hold';
    const skipped = [{ layer: 'second', className: 'Dense', reason }];
    const table = sparsifyTable({ masked, skipped, regions: [], noRegion: 'no masked layer stands in a chain' });
    expect(table.split('\n')).toEqual([
      `${'layer'.padEnd(30)}  prunable`,
      `${'first'.padEnd(30)}  yes`,
      'a_name_that_is_longer_than_the_column_of_names',
      `${' '.repeat(30)}  yes`,
      `${'second'.padEnd(30)}  no, Dense: because it is so, and because there`,
      `${' '.repeat(30)}  is more to say about it than one line of eighty`,
      `${' '.repeat(30)}  columns can hold`,
      'no sparse execution: no masked layer stands in a chain',
    ]);
  });

  it.each([
    [{ include: '/(/' }, /^policy\.include: got \/\(\/ \(.*\), expected a regular expression\. Check its brackets/],
    [{ include: 'x*' }, /^policy\.include: got x\*, expected a pattern that fits the name of a layer: first, middle, last\./],
    [{ classes: 'Dens' }, /^policy\.classes: got Dens, expected a class of layers: .*Dense.*\. Did you mean Dense/],
    [{ classes: 7 as unknown as string }, /^policy\.classes: got 7, expected a class of layers/],
    [{ minWeights: -1 }, /^policy\.minWeights: got -1, expected an integer of at least 0/],
    [{ minWeights: Number.NaN }, /^policy\.minWeights: got NaN/],
    [{ divisibleBy: { input: 0 } }, /^policy\.divisibleBy\.input: got 0, expected an integer of at least 1/],
    [
      { divisibleBy: { inputs: 8 } as object },
      /^option of policy\.divisibleBy: got inputs, expected one of input, output\. Did you mean input/,
    ],
    [{ divisibleBy: 8 as never }, /^options of policy\.divisibleBy: got 8, expected an object of input, output/],
    [{ skipFirst: 'no' as never }, /^policy\.skipFirst: got no, expected true or false/],
    [{ skipLast: 1 as never }, /^policy\.skipLast: got 1, expected true or false/],
    [{ policy: (() => 7) as never }, /^result of policy\.policy: got 7, expected a map of layers to reasons/],
    [{ policy: 'xnnpak' as never }, /^policy\.policy: got xnnpak, expected xnnpack, or a function of the model/],
  ])('refuses what is no rule: %o', (policy, message) => {
    expect(() => report(policy)).toThrow(message);
  });

  it.each([
    [{ exclude: 'lst' }, /^policy\.exclude: got lst, expected the name of a layer: first, middle, last\. Did you mean last;/],
    [{ include: ['first', 'midle'] }, /^policy\.include: got midle, .*Did you mean middle;/],
    [{ include: 7 as unknown as string }, /^policy\.include: got 7, expected the name of a layer/],
  ])('refuses a name that no layer has: %o', (policy, message) => {
    expect(() => report(policy)).toThrow(message);
  });
});
