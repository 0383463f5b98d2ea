import type * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { SparsityError } from 'tfjs-sparsity';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/crc32c.js';
import { closeFile } from '../../src/ops/sparse-file/container.js';
import { encodeTensor } from '../../src/ops/sparse-file/encode-tensor.js';
import { decodeFile, encodeFile } from '../../src/ops/sparse-file/file-content.js';
import { fromFloat16, toFloat16 } from '../../src/ops/sparse-file/float16.js';
import { createRng } from '../../src/rng.js';

const topology = { class_name: 'Sequential', config: { name: 'tiny' } };

const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);

/** What tfjs would hand over: float32 weights, each of a shape. */
function artifacts(weights: Readonly<Record<string, readonly [shape: number[], values: Float32Array]>>): tf.io.ModelArtifacts {
  const entries = Object.entries(weights);
  const all = Float32Array.from(entries.flatMap(([, [, values]]) => [...values]));
  const weightSpecs = entries.map(([name, [shape]]) => ({ name, shape, dtype: 'float32' as const }));
  return { modelTopology: topology, format: 'layers-model', weightSpecs, weightData: all.buffer };
}

/** Bits of which none is a canonical value: zeros, -0, subnormals, infinities and NaN with payloads among them. */
function drawnBits(shape: readonly number[], density: number, seed: number): Uint32Array<ArrayBuffer> {
  const rng = createRng(seed);
  const special = [0x80000000, 1, 0x7f800000, 0xff800001, 0x7fc12345];
  const draw = () => (rng.uniform() < 0.2 ? special[Math.floor(rng.uniform() * 5)] : Math.floor(rng.uniform() * 2 ** 32));
  return Uint32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (rng.uniform() < density ? draw() : 0));
}

/** Leaves the first `n` non-zeros of each group of `m` along an axis, found element by element. */
function pruneNm(bits: Uint32Array, shape: readonly number[], axis: number, n: number, m: number): void {
  const seen = new Map<string, number>();
  bits.forEach((element, i) => {
    if (element === 0) return;
    const place = indices(i, shape);
    place[axis] = Math.floor(place[axis] / m);
    const count = (seen.get(String(place)) ?? 0) + 1;
    seen.set(String(place), count);
    if (count > n) bits[i] = 0;
  });
}

function indices(i: number, shape: readonly number[]): number[] {
  let rest = i;
  return shape
    .toReversed()
    .map((size) => {
      const index = rest % size;
      rest = (rest - index) / size;
      return index;
    })
    .reverse();
}

const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 });
const patterns = fc.constantFrom<readonly [n: number, m: number] | undefined>(
  undefined,
  [1, 2],
  [2, 4],
  [1, 8],
  [2, 8],
  [3, 16],
  [1, 32],
);

describe('a sparse file', () => {
  it('gives back every bit of what was saved', () => {
    const met = new Set<string>();
    const tensors = fc.array(fc.tuple(shapes, fc.double({ min: 0, max: 1, noNaN: true }), patterns, fc.nat()), { maxLength: 4 });
    fc.assert(
      fc.property(tensors, (drawn) => {
        const weights = drawn.map(([shape, density, pattern, seed], i) => {
          const bits = drawnBits(shape, density, seed);
          if (pattern && shape.length >= 2) pruneNm(bits, shape, shape.length - 1 - (seed % 2), ...pattern);
          return { spec: { name: `w${i}`, shape, dtype: 'float32' as const }, bits };
        });
        const weightData = bytesOf(Uint32Array.from(weights.flatMap(({ bits }) => [...bits]))).buffer as ArrayBuffer;
        const given = { modelTopology: topology, weightSpecs: weights.map(({ spec }) => spec), weightData };
        const { bytes, tensors: encoded } = encodeFile(given, 'float32');
        for (const { stored } of encoded) met.add(stored.encoding);
        const loaded = decodeFile('file', bytes);
        expect(loaded.weightSpecs).toEqual(given.weightSpecs);
        expect(bytesOf(new Uint8Array(loaded.weightData as ArrayBuffer))).toEqual(new Uint8Array(weightData));
        expect(loaded.modelTopology).toEqual(topology);
      }),
    );
    expect([...met].sort()).toEqual(['bitmap', 'dense', 'nm']);
  });

  it('stores each tensor in the fewest bytes of all ways, counted one element at a time', () => {
    fc.assert(
      fc.property(shapes, fc.double({ min: 0, max: 1, noNaN: true }), patterns, fc.nat(), (shape, density, pattern, seed) => {
        const bits = drawnBits(shape, density, seed);
        if (pattern && shape.length >= 2) pruneNm(bits, shape, shape.length - 1 - (seed % 2), ...pattern);
        const nonzeros = bits.filter((element) => element !== 0).length;
        const ways = [4 * bits.length, Math.ceil(bits.length / 8) + 4 * nonzeros];
        for (const axis of shape.length < 2 ? [] : [shape.length - 2, shape.length - 1]) {
          for (const m of [2, 4, 8, 16, 32]) {
            const counts = new Map<string, { nonzeros: number; size: number }>();
            bits.forEach((element, i) => {
              const place = indices(i, shape);
              place[axis] = Math.floor(place[axis] / m);
              const group = counts.get(String(place)) ?? { nonzeros: 0, size: 0 };
              counts.set(String(place), { nonzeros: group.nonzeros + Number(element !== 0), size: group.size + 1 });
            });
            const groups = [...counts.values()];
            const n = Math.max(1, ...groups.map((group) => group.nonzeros));
            const slots = groups.reduce((sum, { size }) => sum + Math.min(n, size), 0);
            if (n * Math.log2(m) <= m) ways.push(Math.ceil((slots * Math.log2(m)) / 8) + 4 * slots);
          }
        }
        const { bytes } = encodeTensor({ name: 'w', shape, dtype: 'float32' }, bytesOf(bits), 'float32');
        expect(bytes.length).toBe(Math.min(...ways));
      }),
    );
  });

  it('is laid out by hand: 1:4 in 2-bit places and values, a bit map and values', () => {
    const columns = Float32Array.of(0, 0, 0, -2, 1, 0, 0, 0);
    const { bytes, tensors } = encodeFile(
      artifacts({ k: [[4, 2], columns], v: [[5], Float32Array.of(0, 1, 0, 0, -0)] }),
      'float32',
    );
    // Place 2 in the first column and 1 in the second: 0b01_10. Elements 1 and 4: 0b1_0010.
    const [one, minusTwo, minusZero] = [
      [0, 0, 0x80, 0x3f],
      [0, 0, 0, 0xc0],
      [0, 0, 0, 0x80],
    ];
    expect([...tensors[0].bytes]).toEqual([0b0110, ...one, ...minusTwo]);
    expect([...tensors[1].bytes]).toEqual([0b10010, ...one, ...minusZero]);
    const header = {
      modelTopology: topology,
      format: 'layers-model',
      tensors: [
        { name: 'k', shape: [4, 2], dtype: 'float32', encoding: 'nm', n: 1, m: 4, axis: 0 },
        { name: 'v', shape: [5], dtype: 'float32', encoding: 'bitmap' },
      ],
    };
    const json = new TextEncoder().encode(JSON.stringify(header));
    const body = Uint8Array.of(
      ...new TextEncoder().encode('TSSF'),
      ...[1, 0, 0, 0],
      ...bytesOf(Uint32Array.of(json.length)),
      ...json,
      ...tensors[0].bytes,
      ...tensors[1].bytes,
    );
    expect([...bytes]).toEqual([...body, ...bytesOf(Uint32Array.of(crc32c(body)))]);
  });

  it('takes the same for 2:4 as a bit map, and then stores N:M; 2:8 takes less', () => {
    const rng = createRng(1);
    const kept = (n: number, m: number) => {
      const bits = Uint32Array.from({ length: 64 * 64 }, () => 1 + Math.floor(rng.uniform() * 1e9));
      pruneNm(bits, [64, 64], 0, n, m);
      const spec = { name: 'w', shape: [64, 64], dtype: 'float32' as const };
      return encodeTensor(spec, bytesOf(bits), 'float32');
    };
    expect(kept(2, 4).stored).toMatchObject({ encoding: 'nm', n: 2, m: 4, axis: 0 });
    expect(kept(2, 4).bytes.length).toBe(64 * 64 * (1 / 8 + 4 / 2));
    expect(kept(2, 8).stored).toMatchObject({ encoding: 'nm', n: 2, m: 8, axis: 0 });
    expect(kept(2, 8).bytes.length).toBe((64 * 64 * (4 + 3 / 8)) / 4);
  });

  it('keeps int32 and bool weights, and the state of an optimizer, as they are', () => {
    const weightData = Uint8Array.of(...bytesOf(Int32Array.of(0, -7)), 1, 0, 1, ...bytesOf(Float32Array.of(1 / 3))).buffer;
    const weightSpecs: tf.io.WeightsManifestEntry[] = [
      { name: 'i', shape: [2], dtype: 'int32' },
      { name: 'b', shape: [3], dtype: 'bool' },
      { name: 'i/m', shape: [], dtype: 'float32', group: 'optimizer' },
    ];
    const { bytes } = encodeFile({ modelTopology: topology, weightSpecs, weightData }, 'float16');
    const loaded = decodeFile('file', bytes);
    expect(loaded.weightSpecs).toEqual(weightSpecs);
    expect(new Uint8Array(loaded.weightData as ArrayBuffer)).toEqual(new Uint8Array(weightData));
  });

  it('takes weights in several buffers', () => {
    const one = artifacts({ a: [[2], Float32Array.of(1, 2)], b: [[1], Float32Array.of(3)] });
    const two = { ...one, weightData: [Float32Array.of(1).buffer, Float32Array.of(2, 3).buffer] };
    expect(encodeFile(two, 'float32').bytes).toEqual(encodeFile(one, 'float32').bytes);
  });

  it('refuses weights that no model could load', () => {
    const weight = (name: string, more: object) => ({ name, shape: [1], dtype: 'float32' as const, ...more });
    const encode = (...weightSpecs: tf.io.WeightsManifestEntry[]) =>
      encodeFile({ modelTopology: topology, weightSpecs, weightData: new ArrayBuffer(8) }, 'float32');
    expect(() => encode(weight('a', {}), weight('a', {}))).toThrow('weights of the model: got two of the name a');
    expect(() => encode(weight('a', { dtype: 'string' }))).toThrow('weight a: got string, expected one of float32, int32, bool');
    expect(() => encode(weight('a', { quantization: { dtype: 'uint8' } }))).toThrow('weight a: got quantized to uint8');
  });
});

describe('float16', () => {
  const finite = fromFloat16(Uint16Array.from({ length: 0x7c00 }, (_, half) => half));

  /** The nearest float16 by looking at all; of two equally near ones the even. */
  function nearestHalf(value: number): number {
    if (Math.abs(value) >= 65520) return 0x7c00;
    const distance = (half: number) => Math.abs(Math.abs(value) - finite[half]);
    let best = 0;
    for (let half = 1; half < finite.length; half++) {
      if (distance(half) < distance(best) || (distance(half) === distance(best) && half % 2 === 0)) best = half;
    }
    return best;
  }

  it('is what the standard says, by hand', () => {
    const values = [1, -2, 65504, 2 ** -14, 2 ** -24, 2 ** -25, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 0.1, 65520, -0];
    const halves = [0x3c00, 0xc000, 0x7bff, 0x0400, 1, 0, 0x3c00, 0x3c02, 0x2e66, 0x7c00, 0x8000];
    expect([...toFloat16(Float32Array.from(values))]).toEqual(halves);
    expect([...fromFloat16(Uint16Array.of(0xfc00, 0x7e00, 0x8001))]).toEqual([Number.NEGATIVE_INFINITY, Number.NaN, -(2 ** -24)]);
  });

  it('comes back as it was, all 65,536', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, half) => half);
    const isNan = (half: number) => (half & 0x7fff) > 0x7c00;
    const back = toFloat16(fromFloat16(all));
    expect([...all].filter((half) => back[half] !== half && !isNan(half))).toEqual([]);
    expect([...all].filter(isNan).every((half) => isNan(back[half]))).toBe(true);
  });

  it('is the nearest there is, ties to even', () => {
    const near = fc.integer({ min: 0, max: 0x7bff }).map((half) => (finite[half] + (finite[half + 1] ?? 65536)) / 2);
    const magnitude = fc.oneof(
      fc.float({ noNaN: true, min: 0, max: 70000 }),
      fc.float({ noNaN: true, min: 0, max: Math.fround(1e-4) }),
      near,
    );
    fc.assert(
      fc.property(magnitude, fc.boolean(), (value, negative) => {
        const [half] = toFloat16(Float32Array.of(negative ? -value : value));
        expect(half).toBe(nearestHalf(Math.fround(value)) | (negative ? 0x8000 : 0));
      }),
      { numRuns: 60 },
    );
  });

  it('says how far a weight has moved, and loads what it has stored', () => {
    const values = Float32Array.of(0, 0.1, 0, 1 / 3, 0, 0, Number.NaN, Number.POSITIVE_INFINITY);
    const { bytes, tensors } = encodeFile(artifacts({ w: [[8], values] }), 'float16');
    const loaded = new Float32Array(decodeFile('file', bytes).weightData as ArrayBuffer);
    expect([...loaded]).toEqual([...fromFloat16(toFloat16(values))]);
    expect(tensors[0].maxError).toBe(Math.max(...values.slice(0, 6).map((value, i) => Math.abs(value - loaded[i]))));
    expect(tensors[0].bytes.length).toBe(1 + 2 * 4);
  });

  it('refuses a value that it cannot hold', () => {
    expect(() => encodeFile(artifacts({ w: [[2], Float32Array.of(1, -65520)] }), 'float16')).toThrow(
      'value 1 of weight w: got -65520, expected at most 65504',
    );
  });
});

describe('a damaged file', () => {
  const whole = encodeFile(artifacts({ k: [[4, 2], Float32Array.of(0, 0, 0, -2, 1, 0, 0, 0)] }), 'float32').bytes;
  const load = (bytes: Uint8Array) => decodeFile('x.sparse', bytes);

  it('is found wherever it is cut or changed', () => {
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(() => load(whole.slice(0, length))).toThrow(SparsityError);
      }),
    );
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = whole.slice();
        damaged[at] ^= flip;
        expect(() => load(damaged)).toThrow(SparsityError);
      }),
    );
  });

  it('is told from another kind of file and from one of a newer version', () => {
    expect(() => load(new TextEncoder().encode('{"modelTopology": {}}'))).toThrow(
      'x.sparse: got another kind of file, of 21 bytes, expected a sparse file',
    );
    expect(() => load(new Uint8Array())).toThrow('got another kind of file, of 0 bytes');
    const newer = whole.slice();
    newer[4] = 2;
    expect(() => load(newer)).toThrow('x.sparse: got format version 2, expected at most version 1. Update tfjs-sparsity');
    expect(() => load(whole.slice(0, -1))).toThrow(`got ${whole.length - 1} bytes with a wrong checksum: truncated or damaged`);
  });

  it('is one without JSON, or whose JSON is longer than the file', () => {
    const reseal = (change: (bytes: Uint8Array) => void) => {
      const bytes = whole.slice(0, -4);
      change(bytes);
      return Uint8Array.of(...bytes, ...bytesOf(Uint32Array.of(crc32c(bytes))));
    };
    expect(() => load(reseal((bytes) => bytes.fill(0x20, 12, 20)))).toThrow('characters that are no JSON');
    expect(() => load(reseal((bytes) => bytes.fill(0xff, 8, 12)))).toThrow('bytes where 4294967295 are announced');
  });

  const dense = { name: 'w', shape: [2], dtype: 'float32', encoding: 'dense' };
  const nm = { name: 'w', shape: [4, 1], dtype: 'float32', encoding: 'nm', n: 2, m: 4, axis: 0 };
  const slots = (...places: number[]) => [
    places.reduce((bits, place, i) => bits | (place << (2 * i)), 0),
    0,
    0,
    1,
    0,
    0,
    0,
    1,
    0,
  ];

  it.each<[problem: string, header: unknown, tensors: number[], message: string]>([
    ['is no object', 'text', [], 'a header without modelTopology'],
    ['has no topology', { tensors: [] }, [], 'a header without modelTopology'],
    ['has no tensors', { modelTopology: topology }, [], 'a header without tensors'],
    ['ends before its tensors', [dense], [1, 2, 3], '3 bytes where 8 are announced'],
    ['goes on behind its tensors', [dense], Array(9).fill(1), '1 bytes behind the last tensor'],
    ['announces more than there can be', [{ ...dense, shape: [2 ** 40] }], [], `0 bytes where ${2 ** 42} are announced`],
    [
      'announces a bit map beyond the file',
      [{ ...dense, encoding: 'bitmap', shape: [100] }],
      [0],
      '1 bytes where 13 are announced',
    ],
    ['has fewer values than its bit map', [{ ...dense, encoding: 'bitmap' }], [3, 0, 0, 0, 0], '4 bytes where 8 are announced'],
    ['has two tensors of one name', [dense, dense], Array(16).fill(1), 'two tensors of the name w'],
    ['lists no tensor', [null], [], 'name of tensor number 0: undefined'],
    ['has a tensor without a shape', [{ ...dense, shape: undefined }], [], 'shape of tensor w: undefined'],
    ['has a negative size', [{ ...dense, shape: [-2] }], [], 'shape of tensor w: [-2]'],
    ['has sizes beyond counting', [{ ...dense, shape: [2 ** 40, 2 ** 40, 0] }], [], 'shape of tensor w: [1099511627776'],
    [
      'has an unknown type',
      [{ ...dense, dtype: 'string' }],
      [],
      'dtype of tensor w: "string", expected one of float32, int32, bool',
    ],
    ['has an unknown group', [{ ...dense, group: 'other' }], [], 'group of tensor w: "other"'],
    [
      'has an unknown encoding',
      [{ ...dense, encoding: 'csr' }],
      [],
      'encoding of tensor w: "csr", expected one of dense, bitmap, nm',
    ],
    ['has half integers', [{ ...dense, dtype: 'int32', values: 'float16' }], [], 'values of tensor w: "float16"'],
    ['groups along an axis that is not there', [{ ...nm, axis: 2 }], [], 'axis of tensor w: 2, expected an integer of 0 to 1'],
    ['has groups of another size', [{ ...nm, m: 3 }], [], 'm of tensor w: 3, expected one of 2, 4, 8, 16, 32'],
    ['has more slots than elements', [{ ...nm, n: 5 }], [], 'n of tensor w: 5, expected an integer of 1 to 4'],
    ['groups nothing', [{ ...nm, shape: [0, 2 ** 50] }], [], 'shape of tensor w: [0'],
    [
      'has a place outside a short group',
      [{ ...nm, shape: [3, 1] }],
      slots(0, 3),
      'place 3 in group 0, expected places that go up from 1 to at most 2',
    ],
    ['has a place twice', [nm], slots(1, 1), 'place 1 in group 0, expected places that go up from 2 to at most 3'],
  ])('is one whose header, or what belongs to it, %s', (_, header, tensors, message) => {
    const full = Array.isArray(header) ? { modelTopology: topology, tensors: header } : header;
    const attempt = () => load(closeFile(full, [Uint8Array.from(tensors)]));
    expect(attempt).toThrow(SparsityError);
    expect(attempt).toThrow(`x.sparse: got ${message}`);
  });
});
