import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { broadcastAxes } from '../../src/ops/broadcast-axes.js';
import { onHeap } from '../../src/ops/lanes/on-heap.js';
import { registerTrainingKernels } from '../../src/ops/training-kernels.js';
import { heapOf, type WasmHeap } from '../../src/ops/training-kernels-heap.js';
import { relativeError } from '../kernels/arena.js';
import { backend } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';

const size = (max: number) => fc.integer({ min: 1, max });
const random = (shape: number[], seed: number) => tf.randomUniform(shape, -1, 1, 'float32', seed);

/** What `body` computes on wasm and on cpu. */
function onBoth(body: () => tf.Tensor[]): [got: tf.TypedArray[], expected: tf.TypedArray[]] {
  const on = (name: string) => {
    tf.setBackend(name);
    return tf.tidy(() => body().map((t) => t.dataSync().slice()));
  };
  try {
    return [on('wasm'), on('cpu')];
  } finally {
    tf.setBackend('wasm');
  }
}

function expectEqualOnBoth(body: () => tf.Tensor[], tolerance = 2e-6): void {
  const [got, expected] = onBoth(body);
  expect(got.length).toBe(expected.length);
  for (const [i, values] of got.entries()) expect(relativeError(values, expected[i])).toBeLessThan(tolerance);
}

const windows = fc.record({
  batch: size(5),
  height: fc.integer({ min: 4, max: 9 }),
  width: fc.integer({ min: 4, max: 9 }),
  ci: size(9),
  co: size(12),
  kh: size(4),
  kw: size(4),
  strides: fc.tuple(size(3), size(3)),
  // Of numbers tfjs takes the outputs of both axes from the height of the kernel and its stride.
  pad: fc.constantFrom<'same' | 'valid' | number>('same', 'valid', 0, 1, 2),
});

if (backend !== 'wasm') {
  describe('registerTrainingKernels', () => {
    it('registers nothing and says why while the wasm backend is not running', () => {
      const report = registerTrainingKernels();
      expect(report.registered).toEqual([]);
      expect(report.leftAlone.map(({ kernel }) => kernel)).toContain('Conv2DBackpropFilter');
      expect(report.message).toContain('the wasm backend is not running');
      expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBeUndefined();
    });
  });
} else {
  describe('registerTrainingKernels', () => {
    it('registers the gradients that tfjs lacks and replaces its slow ones; again changes nothing', () => {
      const first = registerTrainingKernels();
      expect([...first.registered].sort()).toEqual([
        'Add',
        'AvgPool',
        'BatchMatMul',
        'Cast',
        'Conv2D',
        'Conv2DBackpropFilter',
        'Conv2DBackpropInput',
        'Conv3DBackpropFilterV2',
        'Conv3DBackpropInputV2',
        'DepthwiseConv2dNative',
        'DepthwiseConv2dNativeBackpropFilter',
        'DepthwiseConv2dNativeBackpropInput',
        'FusedBatchNorm',
        'FusedConv2D',
        'FusedDepthwiseConv2D',
        'Identity',
        'MaxPool',
        'MaxPoolGrad',
        'Mean',
        'Multiply',
        'RealDiv',
        'Sub',
        'Sum',
        'Tile',
        'UnsortedSegmentSum',
        '_FusedMatMul',
      ]);
      expect(first.leftAlone).toEqual([]);
      const kernels = first.registered.map((name) => tf.getKernel(name, 'wasm'));
      expect(registerTrainingKernels()).toEqual(first);
      expect(first.registered.map((name) => tf.getKernel(name, 'wasm'))).toEqual(kernels);
    });

    it('changes nothing and says why when the backend is not as tested', () => {
      const { registry } = tf.engine();
      const real = registry.wasm;
      const sum = tf.getKernel('Sum', 'wasm');
      registry.wasm = { wasm: { HEAPU8: new Uint8Array(8) } } as unknown as tf.KernelBackend;
      try {
        const report = registerTrainingKernels();
        expect(report.registered).toEqual([]);
        expect(report.message).toBe(
          "no training kernel was registered on the wasm backend: tfjs's wasm backend has no backend.wasm._malloc as the tested version has",
        );
      } finally {
        registry.wasm = real;
      }
      expect(tf.getKernel('Sum', 'wasm')).toBe(sum);
    });

    it('sees a memory that is not the heap', () => {
      const call = () => 0;
      const HEAPU8 = new Uint8Array(8);
      const asm = { memory: new WebAssembly.Memory({ initial: 1 }) };
      const dataIdMap = { get: call };
      const like = {
        wasm: { HEAPU8, asm, _malloc: call, _free: call },
        dataIdMap,
        makeOutput: call,
        disposeData: call,
        incRef: call,
      };
      expect(heapOf(like)).toContain('does not show its memory');
    });
  });

  describe('training kernels on the wasm backend', () => {
    it('convolution gradients equal those of the cpu backend', () => {
      fc.assert(
        fc.property(windows, ({ batch, height, width, ci, co, kh, kw, strides, pad }) => {
          expectEqualOnBoth(() => {
            const x = random([batch, height, width, ci], 1) as tf.Tensor4D;
            const w = random([kh, kw, ci, co], 2) as tf.Tensor4D;
            const y = tf.conv2d(x, w, strides, pad);
            const loss = (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad);
            return tf.grads(loss)([x, w], random(y.shape, 3));
          });
        }),
        { numRuns: 40 },
      );
    });

    it('gradients of outputs whose number is rounded up are those of images with zeros where windows reach beyond them', () =>
      tf.tidy(() => {
        const [strides, right] = [[2, 3] as [number, number], 1];
        const sides = [[0, 0], [0, 0], [0, right], [0, 0]]; // biome-ignore format: sides
        // Windows of 4 columns by 3 begin at 0, 3 and 6; the last one reaches beyond 8 + 1 columns, those of 3 rows by 2 beyond 6.
        const zeros = [[0, 0], [0, 1], [0, right + 1], [0, 0]] as [number, number][]; // biome-ignore format: sides
        const x = tf.randomUniform<tf.Rank.R4>([2, 6, 8, 3], 0.1, 1, 'float32', 31);
        const w = random([3, 4, 3, 5], 32) as tf.Tensor4D;
        const rounded = {
          pad: sides as tf.backend_util.ExplicitPadding,
          mode: 'ceil' as const,
          of: (t: tf.Tensor) => t as tf.Tensor4D,
        };
        const padded = { pad: 'valid' as const, mode: undefined, of: (t: tf.Tensor) => tf.pad(t as tf.Tensor4D, zeros) };
        const [got, expected] = [rounded, padded].map(({ pad, mode, of }) => {
          const conv = (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(of(x), w as tf.Tensor4D, strides, pad, 'NHWC', 1, mode);
          const pool = (x: tf.Tensor) => tf.maxPool(of(x), [3, 4], strides, pad, mode);
          expect([conv(x, w).shape, pool(x).shape]).toEqual([[2, 3, 3, 5], [2, 3, 3, 3]]); // biome-ignore format: shapes
          const gradients = [...tf.grads(conv)([x, w], random([2, 3, 3, 5], 33)), tf.grad(pool)(x, random([2, 3, 3, 3], 34))];
          return gradients.map((t) => t.dataSync());
        }) as [tf.TypedArray[], tf.TypedArray[]];
        for (const [i, values] of got.entries()) expect(relativeError(values, expected[i])).toBeLessThan(2e-6);
      }));

    it('convolutions equal those of the cpu backend, plain, dilated and fused', () => {
      fc.assert(
        fc.property(windows, size(2), ({ batch, height, width, ci, co, kh, kw, strides, pad }, rate) => {
          expectEqualOnBoth(() => {
            const x = random([batch, height + 3, width + 3, ci], 21) as tf.Tensor4D;
            const filter = random([kh, kw, ci, co], 22) as tf.Tensor4D;
            const bias = random([co], 23) as tf.Tensor1D;
            const step = rate > 1 ? 1 : strides;
            const fused = (['linear', 'relu', 'elu', 'leakyrelu', 'prelu'] as const).flatMap((activation) => {
              const weights = activation === 'prelu' ? { preluActivationWeights: random([co], 30) } : {};
              const options = { x, filter, strides: step, pad, dilations: rate, activation, leakyreluAlpha: 0.3, ...weights };
              return [tf.fused.conv2d({ ...options, bias }), tf.fused.conv2d(options)];
            });
            return [tf.conv2d(x, filter, step, pad, 'NHWC', rate), ...fused];
          });
        }),
        { numRuns: 40 },
      );
    });

    it.each<[string, number[], number[], 'same' | 'valid']>([
      ['no images', [0, 5, 6, 2], [3, 3, 2, 4], 'same'],
      ['images without rows', [2, 0, 6, 2], [3, 3, 2, 4], 'same'],
      ['images without columns', [4, 6, 0, 2], [3, 3, 2, 4], 'same'],
      ['images smaller than the kernel', [2, 2, 6, 2], [3, 3, 2, 4], 'valid'],
      ['four images smaller than the kernel', [4, 6, 2, 2], [3, 3, 2, 4], 'valid'],
      ['no channels, of which sums are 0', [4, 5, 6, 0], [3, 3, 0, 4], 'same'],
      ['no channels, of two images', [2, 5, 6, 0], [3, 3, 0, 4], 'same'],
      ['no output channels', [4, 5, 6, 2], [3, 3, 2, 0], 'same'],
    ])('convolutions of %s equal those of the cpu backend, and leave the heap whole', (_, xShape, filterShape, pad) =>
      expectNoLeak(() => {
        expectEqualOnBoth(() => {
          const x = random(xShape, 27) as tf.Tensor4D;
          const filter = random(filterShape, 28) as tf.Tensor4D;
          const bias = random(filterShape.slice(3), 29) as tf.Tensor1D;
          const conv = (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, pad);
          const depthwise = (x: tf.Tensor, w: tf.Tensor) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, pad);
          const fused = { x, filter, strides: 1, pad, activation: 'relu' } as const;
          const leaking = { ...fused, activation: 'leakyrelu', leakyreluAlpha: 0.3 } as const;
          const wide = bias.as1D().tile([filterShape[2] as number]);
          return [
            ...[conv(x, filter), depthwise(x, filter), tf.fused.conv2d({ ...fused, bias }), tf.fused.conv2d(fused)],
            tf.fused.conv2d({ ...leaking, bias }),
            tf.fused.depthwiseConv2d({ ...fused, bias: wide }),
            ...tf.grads(conv)([x, filter]),
            ...tf.grads(depthwise)([x, filter]),
          ];
        });
        tf.dispose(Array.from({ length: 200 }, (_, i) => tf.fill([1 + i], 1)));
      }),
    );

    it('3-D convolution gradients equal those of the cpu backend', () => {
      const axis = fc.integer({ min: 3, max: 6 });
      const volumes = fc.record({
        in: fc.tuple(size(2), axis, axis, axis, size(3)),
        kernel: fc.tuple(size(3), size(3), size(3)),
        co: size(4),
        strides: fc.tuple(size(3), size(2), size(2)),
        pad: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
      });
      fc.assert(
        fc.property(volumes, (v) => {
          const [x, w] = [random(v.in, 1), random([...v.kernel, v.in[4], v.co], 2)] as [tf.Tensor5D, tf.Tensor5D];
          fc.pre(v.pad === 'valid' || v.strides.every((stride, axis) => stride <= v.kernel[axis]));
          fc.pre(v.kernel.every((taps, axis) => taps <= v.in[1 + axis]));
          const conv = (x: tf.Tensor, w: tf.Tensor) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, v.strides, v.pad);
          const dy = random(conv(x, w).shape, 3);
          expectEqualOnBoth(() => tf.grads(conv)([x, w], dy));
          tf.dispose([x, w, dy]);
        }),
        { numRuns: 40 },
      );
    });

    it('3-D gradients refuse strides larger than the kernel, where tfjs pads by less than nothing', () => {
      const [x, w] = [random([1, 3, 4, 3, 1], 1) as tf.Tensor5D, random([1, 1, 1, 1, 1], 2) as tf.Tensor5D];
      const gradient = () => tf.tidy(() => tf.grad((w) => tf.conv3d(x, w as tf.Tensor5D, [1, 2, 1], 'same'))(w));
      expect(gradient).toThrow("Build the layer with padding 'valid'");
      tf.dispose([x, w]);
    });

    it('depthwise convolutions equal those of the cpu backend, plain, dilated and fused', () => {
      fc.assert(
        fc.property(windows, size(3), size(2), ({ batch, height, width, ci, kh, kw, strides, pad }, multiplier, rate) => {
          expectEqualOnBoth(() => {
            const x = random([batch, height + 3, width + 3, ci], 24) as tf.Tensor4D;
            const filter = random([kh, kw, ci, multiplier], 25) as tf.Tensor4D;
            const bias = random([ci * multiplier], 26) as tf.Tensor1D;
            const step = rate > 1 ? 1 : strides;
            const fused = { x, filter, strides: step, pad, dilations: rate, bias, activation: 'relu' } as const;
            return [tf.depthwiseConv2d(x, filter, step, pad, 'NHWC', rate), tf.fused.depthwiseConv2d(fused)];
          });
        }),
        { numRuns: 60, seed: 63 },
      );
    });

    it('depthwise strides larger than the kernel skip what lies between', () =>
      tf.tidy(() => {
        const x = tf.range(1, 17).reshape([1, 4, 4, 1]) as tf.Tensor4D;
        const filter = tf.ones([2, 1, 1, 1]) as tf.Tensor4D;
        // Of the values 1 to 16, row by row, those in one column under each other: 1 + 5, 3 + 7, 9 + 13 and 11 + 15.
        expect([...tf.depthwiseConv2d(x, filter, 2, 'same').dataSync()]).toEqual([6, 10, 22, 26]);
      }));

    it('of a padding in numbers tfjs takes the outputs of both axes from the height, which leaves some out and makes some of nothing', () =>
      expectNoLeak(() =>
        tf.tidy(() => {
          const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
          for (const convolution of [tf.conv2d, tf.depthwiseConv2d]) {
            // Two columns: of the second tap of the last nothing is left. One column: the second is left out. A stride of 2 that is rounded up.
            expect([...convolution(x, tf.ones([1, 2, 1, 1]), 1, 0).dataSync()]).toEqual([1 + 2, 2, 3 + 4, 4]);
            expect([...convolution(x, tf.ones([2, 1, 1, 1]), 1, 0).dataSync()]).toEqual([1 + 3]);
            expect([...convolution(x, tf.ones([1, 1, 1, 1]), 2, 0, 'NHWC', 1, 'ceil').dataSync()]).toEqual([1, 0, 0, 0]);
          }
        }),
      ));

    it('depthwise gradients equal those of the cpu backend, with channel multipliers', () => {
      fc.assert(
        fc.property(windows, size(3), ({ batch, height, width, ci, kh, kw, strides, pad }, multiplier) => {
          expectEqualOnBoth(() => {
            const x = random([batch, height, width, ci], 4);
            const w = random([kh, kw, ci, multiplier], 5);
            const conv = (x: tf.Tensor, w: tf.Tensor) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad);
            return tf.grads(conv)([x, w], random(conv(x, w).shape, 6));
          });
        }),
        { numRuns: 40 },
      );
    });

    it('dilated depthwise gradients equal those of the kernel with zeros put in', () => {
      const inputShape: [number, number, number, number] = [2, 9, 8, 6];
      tf.tidy(() => {
        const x = random(inputShape, 4);
        const filter = random([3, 2, 6, 1], 5);
        const row = (r: number) =>
          tf.stack([filter.gather(r, 0).gather(0, 0), tf.zeros([6, 1]), filter.gather(r, 0).gather(1, 0)]);
        const spread = tf.stack([row(0), tf.zeros([3, 6, 1]), row(1), tf.zeros([3, 6, 1]), row(2)]);
        const dy = random(inputShape, 6);
        const gradients = (filter: tf.Tensor, rate: number) => {
          const attrs = { strides: [1, 1], dilations: [rate, rate], pad: 'same', inputShape, filterShape: filter.shape };
          const run = (name: string, inputs: tf.NamedTensorMap) => tf.engine().runKernel(name, inputs, attrs) as tf.Tensor;
          return [
            run('DepthwiseConv2dNativeBackpropInput', { dy, filter }),
            run('DepthwiseConv2dNativeBackpropFilter', { x, dy }),
          ];
        };
        const [dx, dw] = gradients(filter, 2);
        const [expectedX, expectedW] = gradients(spread, 1);
        expect(relativeError(dx.dataSync(), expectedX.dataSync())).toBeLessThan(2e-6);
        expect(relativeError(dw.dataSync(), expectedW.stridedSlice([0, 0], [5, 3], [2, 2]).dataSync())).toBeLessThan(2e-6);
      });
    });

    it('pooling of paddings in numbers is that of the cpu backend, but for windows of nothing', () =>
      expectNoLeak(() => {
        const pools: readonly (typeof tf.maxPool)[] = [tf.maxPool, tf.avgPool];
        fc.assert(
          fc.property(windows, fc.constantFrom(...pools), ({ batch, height, width, ci, kh, kw, strides, pad }, pool) => {
            // Of one place to as many outputs the cpu backend is a copy, whatever the strides.
            fc.pre(typeof pad === 'string' || (2 * pad <= Math.min(kh, kw) && kh * kw > 1));
            const x = () => random([batch, height, width, ci], 7) as tf.Tensor4D;
            const [[got], [expected]] = onBoth(() => [pool(x(), [kh, kw], strides, pad)]);
            expect(got.length).toBe(expected.length);
            // Of nothing the cpu backend's largest is infinite, and its mean not a number.
            const some = [...expected.keys()].filter((i) => Number.isFinite(expected[i]));
            expect(
              relativeError(
                Float32Array.from(some, (i) => got[i]),
                Float32Array.from(some, (i) => expected[i]),
              ),
            ).toBeLessThan(2e-6);
          }),
          { numRuns: 60 },
        );
        tf.tidy(() => {
          // tfjs takes the two columns of outputs for those of a stride of 4; XNNPACK would find three.
          const x = tf.range(0, 54).reshape([1, 6, 9, 1]) as tf.Tensor4D;
          expect([...tf.maxPool(x, 4, [4, 2], 0).dataSync()]).toEqual([30, 32]);
          // A window of more rows than there are has no output.
          expect(tf.avgPool(x, 7, 1, 'valid').shape).toEqual([1, 0, 3, 1]);
        });
      }));

    it('max-pooling gradients equal those of the cpu backend, ties included', () => {
      fc.assert(
        fc.property(windows, ({ batch, height, width, ci, kh, kw, strides, pad }) => {
          fc.pre(typeof pad === 'string'); // of numbers tfjs's own forward pass is wrong unless the window is square
          expectEqualOnBoth(() => {
            const x = random([batch, height, width, ci], 7).mul(3).round();
            const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, [kh, kw], strides, pad);
            return [tf.grad(pool)(x, random(pool(x).shape, 8))];
          });
        }),
        { numRuns: 30 },
      );
    });

    it('products equal those of the cpu backend for both flags and broadcast batches', () => {
      const batches = fc.constantFrom(
        [[], []],
        [[3], [3]],
        [[1], [2]],
        [
          [2, 3],
          [2, 3],
        ],
      );
      fc.assert(
        fc.property(size(20), size(20), size(40), fc.boolean(), fc.boolean(), batches, (m, n, k, aT, bT, [aBatch, bBatch]) => {
          expectEqualOnBoth(() => {
            const a = random([...aBatch, ...(aT ? [k, m] : [m, k])], 9);
            const b = random([...bBatch, ...(bT ? [n, k] : [k, n])], 10);
            return [tf.matMul(a, b, aT, bT)];
          });
        }),
        { numRuns: 60 },
      );
    });

    it('empty sums are 0', () => {
      for (const [aT, bT] of [
        [false, false],
        [true, true],
      ]) {
        const product = tf.matMul(tf.zeros(aT ? [0, 3] : [3, 0]), tf.zeros(bT ? [2, 0] : [0, 2]), aT, bT);
        expect(Array.from(product.dataSync())).toEqual([0, 0, 0, 0, 0, 0]);
      }
      expect(Array.from(tf.sum(tf.zeros([0, 2]), 0).dataSync())).toEqual([0, 0]);
    });

    it('batches broadcast along several axes', () => {
      const a = random([2, 1, 3, 4], 19);
      const b = random([5, 6, 4], 20);
      const expected = a.unstack().flatMap((a) => b.unstack().map((b) => tf.matMul(a.squeeze([0]), b, false, true)));
      expect(relativeError(tf.matMul(a, b, false, true).dataSync(), tf.stack(expected).dataSync())).toBe(0);
    });

    it('fused products equal those of the cpu backend for both flags', () => {
      for (const transposeA of [false, true])
        for (const transposeB of [false, true])
          expectEqualOnBoth(() => {
            const a = random(transposeA ? [7, 14] : [14, 7], 11) as tf.Tensor2D;
            const b = random(transposeB ? [5, 7] : [7, 5], 12) as tf.Tensor2D;
            return [tf.fused.matMul({ a, b, transposeA, transposeB, bias: random([5], 13), activation: 'relu' })];
          });
    });

    it('fused products of empty sums are the activation of the bias', () =>
      expectNoLeak(() => {
        // What is left in memory is not 0.
        tf.dispose(Array.from({ length: 50 }, () => tf.fill([3, 2], Number.NaN)));
        for (const transposeA of [false, true])
          for (const transposeB of [false, true]) {
            const values = (options: object) =>
              tf.tidy(() => {
                const a = tf.zeros(transposeA ? [0, 3] : [3, 0]) as tf.Tensor2D;
                const b = tf.zeros(transposeB ? [2, 0] : [0, 2]) as tf.Tensor2D;
                return [...tf.fused.matMul({ a, b, transposeA, transposeB, ...options }).dataSync()];
              });
            expect(values({})).toEqual([0, 0, 0, 0, 0, 0]);
            expect(values({ bias: [5, -7], activation: 'relu' })).toEqual([5, 0, 5, 0, 5, 0]);
          }
      }));

    it.each(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const)(
      'fused products equal those of the cpu backend, of batches, few rows and many, with a bias of each shape and without: %s',
      (activation) => {
        for (const batch of [[], [1], [3]])
          for (const rows of [0, 3, 14])
            for (const transposeA of [false, true])
              for (const bias of [undefined, [5], [1], [], [rows, 1], [rows, 5], [1, 1, 5]])
                expectEqualOnBoth(() => {
                  const a = random([...batch, ...(transposeA ? [7, rows] : [rows, 7])], 11);
                  const b = random([...batch, 7, 5], 12);
                  const biased = bias && { bias: random(bias, 13) };
                  const weights = activation === 'prelu' ? { preluActivationWeights: random([5], 14) } : {};
                  return [tf.fused.matMul({ a, b, transposeA, activation, leakyreluAlpha: 0.3, ...biased, ...weights })];
                });
      },
    );

    it('fused products add their bias to every row of a batch', () =>
      expectNoLeak(() =>
        tf.tidy(() => {
          const [a, b] = [tf.ones<tf.Rank.R3>([2, 3, 4]), tf.ones<tf.Rank.R3>([2, 4, 2])];
          const product = (bias: number[]) => [...tf.fused.matMul({ a, b, bias }).dataSync()];
          expect(product([10, 20])).toEqual([14, 24, 14, 24, 14, 24, 14, 24, 14, 24, 14, 24]);
          expect(product([10])).toEqual(Array(12).fill(14));
        }),
      ));

    it('what is not of floats is left to tfjs, which refuses products of it', () =>
      expectNoLeak(() => {
        const [a, b] = [tf.ones([16, 16], 'int32'), tf.ones([16, 16])] as [tf.Tensor2D, tf.Tensor2D];
        const isTrue = b.notEqual(0) as tf.Tensor2D;
        const refused = (body: () => tf.Tensor) => expect(() => tf.tidy(() => void body())).toThrow(/float32/);
        for (const transposed of [false, true]) {
          refused(() => tf.matMul(a, a, transposed));
          refused(() => tf.matMul(isTrue, isTrue, transposed));
          refused(() => tf.fused.matMul({ a, b: a, transposeA: transposed }));
        }
        refused(() => tf.math.confusionMatrix(a.slice([0, 0], [1, 16]).as1D(), a.slice([0, 0], [1, 16]).as1D(), 12));
        const x = a.reshape<tf.Tensor5D>([4, 4, 4, 4, 1]);
        refused(() => tf.conv3dTranspose(x as never, tf.ones([1, 1, 1, 1, 1]), [4, 4, 4, 4, 1], 1, 'valid'));
        tf.dispose([a, b, isTrue, x]);
      }));

    it('gradients of means are those of tfjs to the bit, of all axes or some, and have gradients themselves', () =>
      expectNoLeak(() => {
        tf.tidy(() => {
          const x = random([3, 7, 5], 40);
          for (const [axes, n] of [
            [undefined, 105],
            [[0], 3],
            [[1, 2], 35],
            [[0, 1, 2], 105],
          ] as [number[] | undefined, number][]) {
            // biome-ignore format: cases
            for (const keepDims of [false, true]) {
              const gradient = tf.grad((x) => tf.mean(x, axes, keepDims).mul(0.7).sum())(x);
              expect(new Set(gradient.dataSync())).toEqual(new Set([Math.fround(Math.fround(0.7) / n)]));
            }
          }
          const slope = tf.grad((x) => tf.mean(x.square()));
          const curvature = tf.grad((x) => slope(x).sum())(x);
          expect(curvature.shape).toEqual(x.shape);
          for (const value of curvature.dataSync()) expect(value).toBeCloseTo(2 / 105, 7);
        });
      }));

    it('sums and means equal those of the cpu backend over any axes', () => {
      for (const axes of [[0], [0, 1], [0, 1, 2], [1], [1, 2], [2, 3], [0, 2], undefined])
        for (const keepDims of [false, true])
          expectEqualOnBoth(() => {
            const x = random([5, 3, 4, 7], 14);
            return [x, x.mul(10).round().toInt()].flatMap((x) => [tf.sum(x, axes, keepDims), tf.mean(x, axes, keepDims)]);
          }, 1e-5);
    });

    it('arithmetic has the bits of the cpu backend however shapes broadcast', () => {
      const axis = fc.record({ length: fc.integer({ min: 0, max: 6 }), aIsOne: fc.boolean(), bIsOne: fc.boolean() });
      fc.assert(
        fc.property(fc.array(axis, { maxLength: 5 }), fc.nat(5), fc.boolean(), (axes, leftOut, ofIntegers) => {
          const a = axes.map(({ length, aIsOne }) => (aIsOne ? 1 : length));
          const b = axes.map(({ length, bIsOne }) => (bIsOne ? 1 : length)).slice(leftOut);
          expectEqualOnBoth(() => {
            const values = (shape: number[], seed: number) => random(shape, seed).mul(9);
            const [x, y] = [values(a, 24), values(b, 25)].map((t) => (ofIntegers ? t.round().toInt() : t));
            return [x.add(y), y.sub(x), x.mul(y), ofIntegers ? x : x.div(y)];
          }, Number.MIN_VALUE);
        }),
        { numRuns: 200 },
      );
    });

    it('axes that broadcast alike are walked as one', () => {
      expect(broadcastAxes([2, 3, 1, 5], [3, 4, 5])).toEqual([
        { length: 2, steps: [15, 0] },
        { length: 3, steps: [5, 20] },
        { length: 4, steps: [0, 5] },
        { length: 5, steps: [1, 1] },
      ]);
      expect(broadcastAxes([2, 3, 4, 5], [5])).toEqual([
        { length: 24, steps: [5, 0] },
        { length: 5, steps: [1, 1] },
      ]);
      expect(broadcastAxes([2, 3, 4], [2, 1, 1])).toEqual([
        { length: 2, steps: [12, 1] },
        { length: 12, steps: [1, 0] },
      ]);
      expect(broadcastAxes([1], [1, 1])).toEqual([]);
    });

    it('shapes that do not broadcast are refused as tfjs does', () => {
      expect(() => tf.add(tf.zeros([2, 3]), tf.zeros([2]))).toThrow('could not be broadcast');
    });

    it('tiles equal those of the cpu backend', () => {
      const axis = fc.record({ length: fc.integer({ min: 0, max: 3 }), times: size(3) });
      fc.assert(
        fc.property(fc.array(axis, { minLength: 1, maxLength: 4 }), (axes) => {
          const times = axes.map(({ times }) => times);
          const shape = axes.map(({ length }) => length);
          expectEqualOnBoth(() => [tf.tile(random(shape, 26), times), tf.tile(random(shape, 27).mul(9).toInt(), times)], 1e-30);
        }),
        { numRuns: 60 },
      );
    });

    it('a cast to the same type shares the values, another one converts', () => {
      tf.tidy(() => {
        const x = tf.tensor1d([1.5, -2.5, 0]);
        const ids = () => (tf.backend() as unknown as { numDataIds(): number }).numDataIds();
        const before = ids();
        const same = tf.engine().runKernel('Cast', { x }, { dtype: 'float32' }) as tf.Tensor;
        expect([...same.dataSync()]).toEqual([1.5, -2.5, 0]);
        expect(ids()).toBe(before);
        expect([...x.toInt().dataSync()]).toEqual([1, -2, 0]);
      });
    });

    it('batch normalisation and its gradients equal those of the cpu backend, with and without scale and offset', () => {
      const shapes = fc.array(size(5), { minLength: 1, maxLength: 3 });
      fc.assert(
        fc.property(shapes, size(9), fc.boolean(), fc.boolean(), (leading, channels, hasScale, hasOffset) => {
          expectEqualOnBoth(() => {
            const row = (seed: number) => random([channels], seed) as tf.Tensor1D;
            const x = random([...leading, channels], 28);
            const [mean, variance, scale, offset] = [row(29), row(30).square() as tf.Tensor1D, row(31), row(32)];
            const y = tf.batchNorm(x, mean, variance, hasOffset ? offset : undefined, hasScale ? scale : undefined, 0.1);
            // tfjs derives only with both.
            const normalise = (x: tf.Tensor, ...rows: tf.Tensor[]) => {
              const [mean, variance, offset, scale] = rows as tf.Tensor1D[];
              return tf.batchNorm(x, mean, variance, offset, scale, 0.1);
            };
            return [y, ...tf.grads(normalise)([x, mean, variance, offset, scale], random(y.shape, 33))];
          }, 1e-5);
        }),
        { numRuns: 40 },
      );
    });

    it('gradients of relu and of means equal those of the cpu backend, NaN included', () => {
      const x = () => tf.concat([random([2, 3, 4, 5], 34).mul(3).round().flatten(), tf.tensor1d([Number.NaN])]);
      expectEqualOnBoth(() => [tf.grad(tf.relu)(x(), random([121], 35))]);
      for (const axes of [[0], [1, 2], [0, 2], [3], [0, 1, 2], undefined])
        for (const keepDims of [false, true])
          expectEqualOnBoth(() => {
            const mean = (x: tf.Tensor) => tf.mean(x, axes, keepDims);
            const x = random([2, 3, 4, 5], 36);
            return [tf.grad(mean)(x, random(mean(x).shape, 37))];
          });
    });

    it('gradients are derived again as tfjs derives them', () => {
      const square = (x: tf.Tensor) => {
        const [mean, variance] = [x.mean(0), x.square().mean(0)] as tf.Tensor1D[];
        const normed = tf.batchNorm(x, mean, variance, tf.zeros([3]), tf.ones([3]), 0.1);
        return tf.relu(normed).square().sum();
      };
      expectEqualOnBoth(() => [tf.grad((x) => tf.grad(square)(x).square().sum())(random([4, 3], 38))], 1e-4);
    });

    it('segment sums equal those of the cpu backend', () => {
      expectEqualOnBoth(() => {
        const ids = tf.tensor1d([2, 0, 2, 5, 1], 'int32');
        const x = random([5, 3, 2], 15);
        return [tf.unsortedSegmentSum(x, ids, 4), tf.unsortedSegmentSum(x.mul(10).round().toInt(), ids, 4)];
      });
    });

    it('0 times NaN is NaN', () => {
      const x = tf.zeros([1, 3, 3, 1]) as tf.Tensor4D;
      const w = tf.zeros([2, 2, 1, 1]) as tf.Tensor4D;
      const dy = tf.fill([1, 2, 2, 1], Number.NaN);
      const [dx, dw] = tf.grads((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'valid'))([x, w], dy);
      for (const gradient of [dx, dw]) expect(gradient.dataSync().every(Number.isNaN)).toBe(true);
      const nan = tf.fill([4, 3], Number.NaN);
      for (const product of [tf.matMul(tf.zeros([4, 2]), nan, true), tf.matMul(tf.zeros([2, 3]), nan, false, true)])
        expect(product.dataSync().every(Number.isNaN)).toBe(true);
    });

    it('take what lies on another backend, also where the heap grows for it', () =>
      expectNoLeak(() => {
        const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
        // Half of the heap for each row, so that not even two of them find room, unless files before this one made it large.
        const width = Math.min(wasm.HEAPU8.length / 8, 2 ** 22);
        tf.setBackend('cpu');
        const [x, mean, variance, offset, scale] = [6, 2, 4, 1, 3].map((value) => tf.fill([width], value) as tf.Tensor1D);
        tf.setBackend('wasm');
        const y = tf.batchNorm(x, mean, variance, offset, scale, 0);
        expect(y.dataSync().every((value) => value === 7)).toBe(true);
        tf.dispose([x, y, mean, variance, offset, scale]);
      }));

    it('work when the heap grows under them', () => {
      tf.tidy(() => {
        const bytesBefore = tf.engine().memory().numBytes;
        const dy = tf.ones([8, 512, 512, 1]) as tf.Tensor4D;
        const filter = tf.tensor4d([1, 2, 3, 4], [1, 1, 4, 1]);
        const attrs = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', inputShape: [8, 512, 512, 4] };
        const dx = tf.engine().runKernel('Conv2DBackpropInput', { dy, filter }, attrs) as tf.Tensor;
        expect(tf.engine().memory().numBytes - bytesBefore).toBeGreaterThan(32 * 2 ** 20);
        const values = dx.dataSync();
        expect(values.every((value, i) => value === (i % 4) + 1)).toBe(true);
      });
    });

    it('leave many small blocks to tfjs, but not where there is nothing to add up', () => {
      const { kernels } = heapOf(tf.backend()) as WasmHeap;
      const [sumRows, combine] = [vi.spyOn(kernels, 'sumRows'), vi.spyOn(kernels, 'combine')];
      try {
        expectEqualOnBoth(() => {
          const x = random([300, 2, 8], 41);
          const [a, b] = [random([300, 1, 8], 42), random([300, 4, 1], 43)];
          return [x.sum(1), x.mean(1), a.mul(b), a.sub(b)];
        });
        expect([sumRows, combine].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
        expectEqualOnBoth(() => [tf.zeros([300, 0, 8]).sum(1), random([3, 2, 8], 44).sum(1)]);
        expect(sumRows.mock.calls.length).toBe(303);
      } finally {
        sumRows.mockRestore();
        combine.mockRestore();
      }
    });

    it('leave no tensors behind', () =>
      expectNoLeak(() => {
        const heap = heapOf(tf.backend());
        expect(typeof heap).toBe('object');
        const ids = (tf.backend() as unknown as { numDataIds(): number }).numDataIds();
        tf.tidy(() => {
          const a = random([2, 7, 14], 16) as tf.Tensor3D;
          tf.fused.matMul({ a, b: random([2, 5, 14], 17) as tf.Tensor3D, transposeB: true });
          const options = { bias: tf.scalar(1), activation: 'prelu', preluActivationWeights: tf.ones([14]) } as const;
          tf.fused.matMul({ a, b: random([2, 7, 14], 17) as tf.Tensor3D, transposeA: true, ...options });
          const filter = tf.ones([2, 2, 3, 5]) as tf.Tensor4D;
          tf.fused.conv2d({ x: tf.ones([4, 4, 4, 3]) as tf.Tensor4D, filter, strides: 1, pad: 'same', activation: 'relu' });
          tf.depthwiseConv2d(tf.ones([1, 4, 4, 2]) as tf.Tensor4D, tf.ones([3, 1, 2, 1]) as tf.Tensor4D, 1, 0);
          tf.grad((x) => tf.depthwiseConv2d(x as tf.Tensor4D, tf.ones([2, 2, 2, 3]), 1, 'same'))(random([1, 4, 4, 2], 18));
          const row = tf.ones([2]) as tf.Tensor1D;
          tf.grad((x) => tf.relu(tf.batchNorm(x, row, row, row, row)).mean([0, 1]))(random([3, 4, 2], 39));
        });
        expect((tf.backend() as unknown as { numDataIds(): number }).numDataIds()).toBe(ids);
      }));

    it('leave nothing on the heap where a body throws', () =>
      expectNoLeak(() => {
        const heapIds = () => (tf.backend() as unknown as { numDataIds(): number }).numDataIds();
        const x = tf.ones([4]);
        const ids = heapIds();
        const failing = () =>
          onHeap({ x }, (heap, { x }) => {
            heap.output([8]);
            heap.dispose(heap.share(x));
            heap.share(heap.zeros([2, 2]));
            heap.run('Relu', { x });
            throw new Error('in the body');
          });
        expect(failing).toThrow('in the body');
        expect(heapIds()).toBe(ids);
        expect([...x.dataSync()]).toEqual([1, 1, 1, 1]);
        x.dispose();
      }));
  });
}
