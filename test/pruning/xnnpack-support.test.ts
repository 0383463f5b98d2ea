import fc from 'fast-check';
import { xnnpackSupport } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';

const depthwise = (kernel: number, stride: number, padding: string, zeroPadding = 0, depthMultiplier = 1) =>
  xnnpackSupport({
    className: 'DepthwiseConv2D',
    config: { kernelSize: [kernel, kernel], strides: [stride, stride], padding, depthMultiplier },
    zeroPadding,
  }).inside;

describe('xnnpackSupport', () => {
  it('prunes 1x1 convolutions and nothing else, and lets them stand inside with stride, dilation and groups of 1', () => {
    const few = fc.constantFrom(1, 2, 3);
    fc.assert(
      fc.property(
        fc.constantFrom('Conv2D', 'DepthwiseConv2D', 'Dense', 'Add', 'Flatten'),
        fc.tuple(few, few, few, few, few, few),
        few,
        (className, [a, b, c, d, e, f], groups) => {
          const config = { kernelSize: [a, b], strides: [c, d], dilationRate: [e, f], groups };
          const { prunable, inside } = xnnpackSupport({ className, config });
          expect(prunable).toBe(className === 'Conv2D' && a === 1 && b === 1);
          if (prunable) expect(inside).toBe([c, d, e, f, groups].every((value) => value === 1));
        },
      ),
    );
  });

  it.each([
    ['3x3 of the same size', true, depthwise(3, 1, 'same')],
    ['5x5 of the same size', true, depthwise(5, 1, 'same')],
    ['7x7 of the same size', false, depthwise(7, 1, 'same')],
    ['3x3 that halves after a padding of 1', true, depthwise(3, 2, 'valid', 1)],
    ['5x5 that halves after a padding of 2', true, depthwise(5, 2, 'valid', 2)],
    ['3x3 that keeps the size after a padding of 1', true, depthwise(3, 1, 'valid', 1)],
    ['5x5 that keeps the size after a padding of 2', true, depthwise(5, 1, 'valid', 2)],
    ['3x3 that takes a third after a padding of 1', false, depthwise(3, 3, 'valid', 1)],
    ['5x5 that halves after a padding of 1', false, depthwise(5, 2, 'valid', 1)],
    ['3x3 that halves without a padding', false, depthwise(3, 2, 'valid')],
    ['3x3 that halves by the padding of its own', false, depthwise(3, 2, 'same')],
    ['3x3 with two multipliers', false, depthwise(3, 1, 'same', 0, 2)],
  ])('lets a depthwise convolution of %s stand inside: %s', (_, expected, inside) => {
    expect(inside).toBe(expected);
  });

  it('lets elementwise layers and averages that keep their axes stand inside, but no layer it does not know', () => {
    const inside = (className: string, keepDims = false) => xnnpackSupport({ className, config: { keepDims } }).inside;
    expect(['Add', 'ReLU', 'BatchNormalization', 'Dense', 'Flatten'].map((name) => inside(name))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect([true, false].map((keepDims) => inside('GlobalAveragePooling2D', keepDims))).toEqual([true, false]);
  });

  it.each([
    ['ZeroPadding2D', {}, true],
    ['Dropout', {}, true],
    ['ELU', {}, true],
    ['LeakyReLU', {}, true],
    ['Softmax', {}, false],
    ['Activation', { activation: 'sigmoid' }, true],
    ['Activation', { activation: 'tanh' }, false],
    ['BatchNormalization', { axis: 3 }, true],
    ['BatchNormalization', { axis: 1 }, false],
    ['UpSampling2D', { interpolation: 'bilinear' }, true],
    ['UpSampling2D', {}, false],
  ])('says of %s %o whether it may stand inside: %s', (className, config, inside) => {
    expect(xnnpackSupport({ className, config })).toEqual({ prunable: false, inside });
  });
});
