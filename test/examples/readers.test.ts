import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readCifar } from '../../examples/lib/cifar-files.js';
import { digits } from '../../examples/lib/digits.js';
import { downloadOnce } from '../../examples/lib/download.js';
import { readIdx } from '../../examples/lib/idx.js';
import { readIdxSplit } from '../../examples/lib/idx-set.js';
import { loadDataset } from '../../examples/lib/load-dataset.js';

const dir = mkdtempSync(join(tmpdir(), 'readers-'));
afterAll(() => rmSync(dir, { recursive: true }));
const file = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(dir, name), bytes);
  return join(dir, name);
};
/** An idx file of unsigned bytes. */
const idx = (shape: readonly number[], data: readonly number[]) =>
  Buffer.from([0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, size >> 8, size & 255]), ...data]);

describe('idx files', () => {
  it('are read plain and gzipped', async () => {
    const bytes = idx([2, 3], [1, 2, 3, 4, 5, 6]);
    for (const path of [file('a', bytes), file('a.gz', gzipSync(bytes))]) {
      expect(await readIdx(path)).toEqual({ shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    }
  });

  it.each([
    ['a truncated one', idx([2, 3], [1, 2, 3]), /3 data bytes \(truncated\?\), expected 6/],
    ['an empty one', Buffer.alloc(0), /header \(empty\)/],
    ['one cut in its header', Buffer.from([0, 0, 8, 3, 0, 0]), /expected a header of 16 bytes/],
    ['another format', Buffer.from('hello world'), /expected an idx file/],
  ])('%s gives one clear message', async (_, bytes, message) => {
    await expect(readIdx(file('bad', bytes))).rejects.toThrow(message);
  });

  it('a broken gzip stream gives one clear message', async () => {
    const whole = gzipSync(idx([2, 3], [1, 2, 3, 4, 5, 6]));
    await expect(readIdx(file('bad.gz', whole.subarray(0, 20)))).rejects.toThrow(/does not unpack/);
  });

  describe('of a split', () => {
    const images = (count: number) => idx([count, 28, 28], Array(count * 784).fill(1));
    const write = (imageBytes: Buffer, labelBytes: Buffer) => {
      file('train-images-idx3-ubyte', imageBytes);
      file('train-labels-idx1-ubyte', labelBytes);
    };

    it('are read together', async () => {
      write(images(2), idx([2], [3, 9]));
      const { count, pixels, labels } = await readIdxSplit(dir, 'train');
      expect([count, pixels.length, ...labels]).toEqual([2, 2 * 784, 3, 9]);
    });

    it.each([
      [
        'another number of labels',
        images(2),
        idx([3], [1, 2, 3]),
        /images-idx3-ubyte: got shape \[2,28,28\], expected \[3,28,28\]/,
      ],
      ['images of another size', idx([1, 2, 2], [1, 2, 3, 4]), idx([1], [1]), /got shape \[1,2,2\], expected \[1,28,28\]/],
      ['no label', images(0), idx([0], []), /labels-idx1-ubyte: got shape \[0\]/],
      ['a label of no class', images(2), idx([2], [9, 10]), /got label 10 of image 1, expected labels below 10/],
    ])('%s gives one clear message', async (_, imageBytes, labelBytes, message) => {
      write(imageBytes, labelBytes);
      await expect(readIdxSplit(dir, 'train')).rejects.toThrow(message);
    });

    it('a missing file is named', async () => {
      await expect(readIdxSplit(dir, 't10k')).rejects.toThrow(/no t10k-images-idx3-ubyte or/);
    });
  });
});

describe('CIFAR files', () => {
  it('planes become rows, columns, channels, and the last label byte counts', async () => {
    const record = new Uint8Array(2 + 3072);
    record.set([7, 42]);
    record[2] = 10; // red of the first pixel
    record[2 + 1024] = 20; // green
    record[2 + 2048] = 30; // blue
    const { count, labels, pixels } = await readCifar([file('cifar', record)], 2, 100);
    expect([count, labels[0], ...pixels.subarray(0, 4)]).toEqual([1, 42, 10, 20, 30, 0]);
  });

  it('a truncated file and a label out of range give one clear message', async () => {
    await expect(readCifar([file('cut', new Uint8Array(3000))], 1, 10)).rejects.toThrow(/3000 bytes \(truncated\?\)/);
    await expect(readCifar([file('label', new Uint8Array(3073).fill(11))], 1, 10)).rejects.toThrow(/label of image 0: got 11/);
  });
});

describe('CIFAR folders', () => {
  const record = (label: number) => new Uint8Array(3073).fill(label, 0, 1);

  it('may hold some of the training batches, and be named by the folder around', async () => {
    const folder = join(dir, 'cifar-10-batches-bin');
    mkdirSync(folder);
    writeFileSync(join(folder, 'data_batch_2.bin'), Buffer.concat([record(1), record(2)]));
    writeFileSync(join(folder, 'test_batch.bin'), record(3));
    for (const from of [dir, folder]) {
      const { name, train, test } = await loadDataset('cifar10', from, 1);
      expect([name, train.count, ...train.labels, ...test.labels]).toEqual(['cifar10', 2, 1, 2, 3]);
    }
  });

  it('a folder without the files, and a file instead of a folder, give one clear message', async () => {
    await expect(loadDataset('cifar100', dir, 1)).rejects.toThrow(/no train\.bin in /);
    await expect(loadDataset('cifar10', file('plain', record(0)), 1)).rejects.toThrow(/plain, which is no folder/);
  });
});

describe('downloads', () => {
  it('a file of another checksum is refused', async () => {
    const path = file('download', Buffer.from('abc'));
    await expect(downloadOnce({ url: 'unused', checksum: '0'.repeat(32) }, path)).rejects.toThrow(
      /checksum of .* got 900150983cd24fb0/,
    );
    await expect(downloadOnce({ url: 'unused', checksum: '900150983cd24fb0d6963f7d28e17f72' }, path)).resolves.toBeUndefined();
  });
});

describe('generated digits', () => {
  it('follow from the seed, hold every class, and lie on empty paper', () => {
    const make = (seed: number) => digits({ seed, trainImages: 200, testImages: 10 });
    const { train, test } = make(1);
    expect(make(1).train.pixels).toEqual(train.pixels);
    expect(make(2).train.pixels).not.toEqual(train.pixels);
    expect(test.pixels.subarray(0, 784)).not.toEqual(train.pixels.subarray(0, 784));
    expect(new Set(train.labels).size).toBe(10);
    const inked = train.pixels.filter((value) => value > 0).length / train.pixels.length;
    expect(inked).toBeGreaterThan(0.05);
    expect(inked).toBeLessThan(0.4);
  });
});
