import { checkOptionNames } from '../check-options.js';
import { SparsityError } from '../errors.js';
import type { Accelerator } from '../hw/index.js';
import type { CallbackOptions } from './base-callback.js';

/** Options of `hardwareCost`. */
export interface HardwareCostOptions extends CallbackOptions {
  /** Accelerators to run every step on; their names must differ. */
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
}

const known = { accelerators: true, every: true, images: true, workers: true, seed: true, model: true } as const;

/** Throws for options that make no sense. */
export function checkOptions(options: HardwareCostOptions): void {
  checkOptionNames('hardwareCost', options, known);
  const { accelerators, every = 1, images = 1, workers = 0 } = options;
  checkAccelerators(accelerators);
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

function checkAccelerators(accelerators: HardwareCostOptions['accelerators']): void {
  const what = 'hardwareCost.accelerators';
  if (!Array.isArray(accelerators) || accelerators.some((entry) => typeof entry?.spec?.name !== 'string')) {
    const fix = "pass [acf(), denseArray()]; a name becomes an accelerator by createAccelerator('acf')";
    throw new SparsityError({ what, got: accelerators, expected: 'a list of accelerators', fix });
  }
  const names = accelerators.map(({ spec }) => spec.name);
  if (names.length > 0 && new Set(names).size === names.length) return;
  throw new SparsityError({
    what,
    got: names.length === 0 ? 'none' : `names ${names.join(', ')}`,
    expected: 'one accelerator at least, all with different names',
    fix: "pass [acf(), denseArray()], or name two of a kind: acf({name: 'acf_large'})",
  });
}
