import { bdwp, isNm } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { kernelInfo, masksFor, normal, sum } from './kernel-info.js';

describe('bdwp', () => {
  // A worked example of a dense layer at 2:4.
  const weights = Float32Array.of(0.9, -0.1, 0.4, 0.3, 0.2, 0.8, -0.6, 0.1, -0.5, 0.7, 0.05, -0.2, 0.1, -0.3, 0.25, 0.6);

  it('makes both masks of the worked example from the same dense weights', () => {
    const { forward, backward, gradient } = masksFor(bdwp({ n: 2, m: 4 }), weights, [4, 4], 0.5);
    expect(forward).toEqual(Uint8Array.of(1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1));
    expect(backward).toEqual(Uint8Array.of(1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 1, 0, 1));
    expect(gradient).toBeNull();
  });

  it('is N:M along the reduction axis of each pass, for convolutions too, and forgets earlier masks', () => {
    const shape = [3, 3, 12, 20];
    const first = masksFor(bdwp(), normal(2160), shape, 0.75);
    const next = masksFor(bdwp(), normal(2160), shape, 0.75, first);
    const info = kernelInfo(shape);
    expect(isNm(next.forward as Uint8Array, info, { n: 2, m: 8, axis: 'input' })).toBe(true);
    expect(isNm(next.backward as Uint8Array, info, { n: 2, m: 8, axis: 'output' })).toBe(true);
    expect(isNm(next.forward as Uint8Array, info, { n: 2, m: 8, axis: 'output' })).toBe(false);
    // 8 + 4 inputs keep 2 + 2 of 12; 8 + 8 + 4 outputs keep 6 of 20.
    expect(sum(next.forward as Uint8Array)).toBe((2160 * 4) / 12);
    expect(sum(next.backward as Uint8Array)).toBe((2160 * 6) / 20);
    expect((next.forward as Uint8Array).some((bit, i) => bit > (first.forward as Uint8Array)[i])).toBe(true);
  });

  it('makes masks before the first step and after every one', () => {
    const { schedule } = bdwp({ n: 1, m: 4 });
    expect([0, 1, 777].map(schedule)).toEqual(Array(3).fill({ sparsity: 0.75, update: true }));
    expect(bdwp({ beginStep: 9 }).schedule(8).update).toBe(false);
  });

  it('says why it leaves a kernel dense', () => {
    const { skip } = bdwp({ exclude: ['last'] });
    expect(skip(kernelInfo([3, 3, 3, 16]))).toBe('3 input channels are fewer than m = 8');
    expect(skip(kernelInfo([16, 4]))).toBe('4 output channels are fewer than m = 8');
    expect(skip(kernelInfo([3, 3, 16, 1], 'depthwiseConv2d'))).toContain('depthwise');
    expect(skip({ ...kernelInfo([16, 16]), name: 'last' })).toBe('excluded by name');
    expect(skip(kernelInfo([8, 10]))).toBeUndefined();
  });

  it.each([
    [{ n: 8 }, 'less than m = 8'],
    [{ n: 9 }, '1 to m = 8'],
    [{ decay: -1 }, 'decay'],
    [{ beginStep: 0.5 }, 'beginStep'],
  ])('refuses %o', (options, message) => {
    expect(() => bdwp(options)).toThrow(message);
  });
});
