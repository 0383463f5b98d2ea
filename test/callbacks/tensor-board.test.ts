import { existsSync } from 'node:fs';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { maskStatistics, pruning, tensorBoard } from 'tfjs-sparsity/callbacks';
import { type PrunableKernel, prunableKernels } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { encodeEvent } from '../../src/callbacks/event-file.js';
import { crc32c } from '../../src/crc32c.js';
import { expectNoLeak } from '../support/no-leak.js';
import { temporaryDirectory } from '../support/temporary.js';
import { tinyModel } from '../support/tiny-model.js';
import { tinyModel as maskedModel, randomMethod, tinyData } from './tiny-run.js';

type Field = { field: number; value: number | Uint8Array };

/** A reader of protocol buffers, written from the format's description alone. */
function parseMessage(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields: Field[] = [];
  let at = 0;
  const skip = (length: number) => {
    at += length;
    return at - length;
  };
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(skip(1));
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  const withLength = () => {
    const length = varint();
    const from = skip(length);
    return bytes.subarray(from, from + length);
  };
  const readers: Record<number, () => number | Uint8Array> = {
    0: varint,
    1: () => view.getFloat64(skip(8), true),
    2: withLength,
    5: () => view.getFloat32(skip(4), true),
  };
  while (at < bytes.length) {
    const tag = varint();
    fields.push({ field: tag >> 3, value: (readers[tag & 7] as () => number | Uint8Array)() });
  }
  return fields;
}

function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated << 15) | (rotated >>> 17)) >>> 0;
}

interface Parsed {
  wallTime: number;
  step: number;
  fileVersion?: string;
  restart?: boolean;
  scalars: Record<string, number>;
  /** Bucket counts by tag, where there are any. */
  histograms?: Record<string, number[]>;
}

/** Reads an event file back, checking both checksums of every record. */
function parseEvents(bytes: Uint8Array): Parsed[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const events: Parsed[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(unmask(view.getUint32(at + 8, true))).toBe(crc32c(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(unmask(view.getUint32(at + 12 + length, true))).toBe(crc32c(data));
    at += 16 + length;
    const event: Parsed = { wallTime: 0, step: 0, scalars: {} };
    for (const { field, value } of parseMessage(data)) {
      if (field === 1) event.wallTime = value as number;
      if (field === 2) event.step = value as number;
      if (field === 3) event.fileVersion = new TextDecoder().decode(value as Uint8Array);
      if (field === 7) event.restart = parseMessage(value as Uint8Array).some((part) => part.field === 1 && part.value === 1);
      if (field !== 5) continue;
      for (const summary of parseMessage(value as Uint8Array)) {
        const parts = parseMessage(summary.value as Uint8Array);
        const tag = new TextDecoder().decode(parts.find((part) => part.field === 1)?.value as Uint8Array);
        const histogram = parts.find((part) => part.field === 5)?.value;
        if (histogram) {
          event.histograms = { ...event.histograms, [tag]: countsOf(histogram as Uint8Array) };
          continue;
        }
        // A tag may be __proto__, to which nothing can be assigned.
        const value = parts.find((part) => part.field === 2)?.value as number;
        Object.defineProperty(event.scalars, tag, { value, enumerable: true });
      }
    }
    events.push(event);
  }
  return events;
}

/** The counts in a HistogramProto. */
function countsOf(message: Uint8Array): number[] {
  const packed = parseMessage(message).find(({ field }) => field === 7)?.value as Uint8Array;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  return Array.from({ length: packed.length / 8 }, (_, i) => view.getFloat64(8 * i, true));
}

const readEvents = async (dir: string) => {
  const files = (await readdir(dir)).sort();
  return Promise.all(files.map(async (file) => parseEvents(await readFile(join(dir, file)))));
};

describe('encodeEvent', () => {
  it('frames a hand-computed record', () => {
    const record = encodeEvent({ wallTime: 0, step: 300, fileVersion: 'a' });
    expect(Array.from(record.subarray(0, 8))).toEqual([15, 0, 0, 0, 0, 0, 0, 0]);
    // Field 1 as a double, field 2 as the varint 300 = 0b10_0101100, field 3 as a string of one byte.
    expect(Array.from(record.subarray(12, 27))).toEqual([9, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0xac, 2, 26, 1, 97]);
  });

  it('encodes a hand-computed histogram: 3 groups keep nothing, 5 keep one', () => {
    const record = encodeEvent({ wallTime: 0, step: 0, histograms: { h: [3, 5] } });
    // Doubles by their last two bytes; the six before are 0: -0.5, 0.5, 1.5, 3, 5 and 8.
    const double = (high: number, low: number) => [0, 0, 0, 0, 0, 0, low, high];
    const [below, half, above] = [double(0xbf, 0xe0), double(0x3f, 0xe0), double(0x3f, 0xf8)];
    const [three, five, eight] = [double(0x40, 0x08), double(0x40, 0x14), double(0x40, 0x20)];
    // min, max, num, sum and sum_squares; bucket_limit and bucket, packed.
    const proto = [
      ...[9, ...below, 17, ...above, 25, ...eight, 33, ...five, 41, ...five],
      ...[50, 16, ...half, ...above, 58, 16, ...three, ...five],
    ];
    // Field 1 as a double, field 2, then in field 5 a value (field 1) of a tag (field 1) and the histogram (field 5).
    const expected = [9, ...double(0, 0), 16, 0, 42, 88, 10, 86, 10, 1, 104, 42, 81, ...proto];
    expect(proto).toHaveLength(81);
    expect(Array.from(record.subarray(12, -4))).toEqual(expected);
  });

  it('has histograms of one number begin and end at it, as TensorBoard takes the ends for those of the first and the last full bucket', () => {
    const ends = (counts: number[]) => {
      const record = encodeEvent({ wallTime: 0, step: 0, histograms: { h: counts } });
      // `min` is the field 1 of the histogram, a double, which follows the name.
      const name = Buffer.from(record).indexOf(Buffer.of(10, 1, 104, 42));
      const at = record.indexOf(9, name) + 1;
      const view = new DataView(record.buffer, record.byteOffset);
      return [view.getFloat64(at, true), view.getFloat64(at + 9, true)];
    };
    expect(ends([0, 0, 32])).toEqual([1.5, 2.5]);
    expect(ends([0, 3, 0, 4, 0])).toEqual([0.5, 3.5]);
  });

  it('comes back from any step, time, tag and float', () => {
    const tags = fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.float(), { maxKeys: 5 });
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.double({ noNaN: true }), tags, (step, wallTime, scalars) => {
        expect(parseEvents(encodeEvent({ step, wallTime, scalars }))).toEqual([{ step, wallTime, scalars: { ...scalars } }]);
      }),
    );
  });
});

describe('tensorBoard', () => {
  it('writes every number of the logs per step and per epoch, those of other callbacks included', async () => {
    const dir = join(await temporaryDirectory(), 'run');
    let now = 1_700_000_000_000;
    const clock = () => {
      now += 500;
      return now;
    };
    await expectNoLeak(async () => {
      const { model, xs, ys, dispose } = tinyModel();
      const adds = {
        onEpochEnd: async (_: number, logs?: tf.Logs) => void Object.assign(logs ?? {}, { sparsity: 0.5, cycles_acf: 12 }),
      };
      const callbacks = [tensorBoard(dir, { now: clock }), adds];
      const { history } = await model.fit(xs, ys, { batchSize: 4, epochs: 2, verbose: 0, callbacks });
      const [events, ...others] = await readEvents(dir);
      expect(others).toEqual([]);
      const [first, ...rest] = events as Parsed[];
      expect(first).toEqual({ wallTime: 1_700_000_001, step: 0, fileVersion: 'brain.Event:2', scalars: {} });
      expect(rest.map(({ step, scalars }) => [step, Object.keys(scalars).sort()])).toEqual([
        ...[0, 1, 2].map((step) => [step, ['batch/loss']]),
        [0, ['epoch/cycles_acf', 'epoch/loss', 'epoch/sparsity']],
        ...[3, 4, 5].map((step) => [step, ['batch/loss']]),
        [1, ['epoch/cycles_acf', 'epoch/loss', 'epoch/sparsity']],
      ]);
      const epochs = rest.filter(({ scalars }) => 'epoch/loss' in scalars);
      expect(epochs.map(({ scalars }) => scalars['epoch/loss'])).toEqual(history.loss);
      expect(epochs.map(({ scalars }) => scalars['epoch/sparsity'])).toEqual([0.5, 0.5]);
      for (let i = 1; i < rest.length; i++) expect((rest[i] as Parsed).wallTime).toBe((rest[i - 1] as Parsed).wallTime + 0.5);
      dispose();
    });
  });

  it('writes scalars and the occupancy of groups per layer for each update of the masks, beside maskStatistics()', async () => {
    const dir = await temporaryDirectory();
    const model = maskedModel();
    const { xs, ys } = tinyData();
    const { method } = randomMethod({ skip: ({ name }) => (name === 'head' ? undefined : 'not this one') });
    const callbacks = [tensorBoard(dir), pruning(method), maskStatistics()];
    await model.fit(xs, ys, { batchSize: 4, epochs: 1, verbose: 0, callbacks });
    const [events] = await readEvents(dir);
    const ofMasks = (events ?? []).filter(({ scalars }) => 'sparsity/head' in scalars);
    // Before the first step, behind the second and the fourth.
    expect(ofMasks.map(({ step }) => step)).toEqual([0, 1, 3]);
    for (const { scalars } of ofMasks) {
      expect(Object.keys(scalars).sort()).toEqual(['itop/head', 'mask_churn/head', 'mask_iou/head', 'sparsity/head']);
    }
    expect([ofMasks[0]?.scalars['mask_churn/head'], ofMasks[0]?.scalars['mask_iou/head']]).toEqual([0, 1]);
    expect(ofMasks[2]?.scalars['mask_churn/head']).toBeGreaterThan(0.1);
    const { shape, inputAxis } = (prunableKernels(model).find(({ info }) => info.name === 'head') as PrunableKernel).info;
    const weights = shape.reduce((product, size) => product * size, 1);
    const columns = weights / (shape[inputAxis] as number);
    for (const { scalars, histograms } of ofMasks) {
      const counts = histograms?.['occupancy/head'] as number[];
      expect(counts).toHaveLength(9);
      expect(counts.reduce((sum, count) => sum + count)).toBe(columns * Math.ceil((shape[inputAxis] as number) / 8));
      const kept = counts.reduce((sum, count, value) => sum + count * value);
      expect(1 - kept / weights).toBeCloseTo(scalars['sparsity/head'] as number, 6);
    }
    expect(events?.filter(({ histograms }) => histograms)).toHaveLength(3);
    tf.dispose([xs, ys]);
    model.dispose();
  });

  it('begins a new file on resume, with a mark that the run starts again at its step', async () => {
    const dir = await temporaryDirectory();
    const { model, xs, ys, dispose } = tinyModel();
    const callback = tensorBoard(dir);
    callback.step = 7;
    await model.fit(xs, ys, { batchSize: 12, verbose: 0, callbacks: [callback] });
    const [events] = await readEvents(dir);
    expect(events?.map(({ step, restart, fileVersion }) => [step, restart ?? false, fileVersion ?? ''])).toEqual([
      [0, false, 'brain.Event:2'],
      [7, true, ''],
      [7, false, ''],
      [0, false, ''],
    ]);
    dispose();
  });

  it('says that its directory cannot be made, or that the disk is full', async () => {
    const dir = await temporaryDirectory();
    const { model, xs, ys, dispose } = tinyModel();
    const train = (callback: tf.Callback) => model.fit(xs, ys, { verbose: 0, callbacks: [callback] });
    await writeFile(join(dir, 'file'), '');
    await expect(train(tensorBoard(join(dir, 'file', 'run')))).rejects.toThrow('got a file where a directory should be');
    if (!existsSync('/dev/full')) return console.log('full disk: skipped, this system has no /dev/full');
    await symlink('/dev/full', join(dir, 'events.out.tfevents.00000000000042'));
    await expect(train(tensorBoard(dir, { now: () => 42 }))).rejects.toThrow('no space left on the disk');
    dispose();
  });
});
