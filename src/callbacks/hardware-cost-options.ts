import { checkOptionNames } from '../check-options.js';
import { SparsityError } from '../errors.js';
import type { Accelerator } from '../hw/index.js';
import type { CallbackOptions } from './base-callback.js';
import { checkAccelerators } from './check-accelerators.js';

/** Options of `hardwareCost`. */
export interface HardwareCostOptions extends CallbackOptions {
  /**
   * Accelerators to run every step on; their names must differ. None is enough with `record`. Estimators (an A100) count no cycles: they run on
   * the record, by `tfjs-sparsity compare --run FILE -a a100-fp16`.
   */
  readonly accelerators: readonly Accelerator[];
  /**
   * Take every k-th optimizer step; the others cost nothing here and are stood for by those taken.
   * @default 1
   */
  readonly every?: number | undefined;
  /**
   * Take the first n images of each batch, which stand for the batch.
   * @default all
   */
  readonly images?: number | undefined;
  /**
   * Most worker threads to use, at least 0; 0 computes on the main thread. One accelerator never uses more than one.
   * @default one less than there are cores, at least 1
   */
  readonly workers?: number | undefined;
  /**
   * Draws the first sampled step from 0 .. every - 1.
   * @default the first step is sampled
   */
  readonly seed?: number | string | undefined;
  /**
   * A file that keeps the maps of each step taken, so that {@link replayRun} and `tfjs-sparsity simulate --run FILE` can run these very
   * steps on other accelerators later. It only grows: a new run in a used file comes behind the last one, which is no longer read; a
   * resumed run goes on in its own. Node only.
   * @default nothing is kept
   */
  readonly record?: string | undefined;
}

const known = { accelerators: true, every: true, images: true, workers: true, seed: true, record: true, model: true } as const;

/** Throws for options that make no sense. */
export function checkOptions(options: HardwareCostOptions): void {
  checkOptionNames('hardwareCost', options, known);
  const { accelerators, every = 1, images = 1, workers = 0, record } = options;
  if (record !== undefined && (typeof record !== 'string' || record === '')) {
    const fix = "pass 'runs/lenet/run.maps', or leave it out";
    throw new SparsityError({ what: 'hardwareCost.record', got: record, expected: 'the path of a file', fix });
  }
  checkAccelerators('hardwareCost.accelerators', accelerators, record === undefined ? 1 : 0);
  for (const [name, value, least] of [
    ['every', every, 1],
    ['images', images, 1],
    ['workers', workers, 0],
  ] as const) {
    if (Number.isInteger(value) && value >= least) continue;
    const expected = `an integer, at least ${least}`;
    throw new SparsityError({ what: `hardwareCost.${name}`, got: value, expected, fix: 'leave it out for the default' });
  }
}
