import * as z from 'zod';
import { checkSpec, count, specFields, tableOf } from './check-spec.js';
import { statelessRun } from './checked-run.js';
import type { Accelerator } from './contracts.js';
import { type DenseTimings, executeDenseWork } from './dense-work.js';
import { area45nm, type DeclaredAreas, macMm2, sramArea } from './metrics/component-area.js';
import { type BufferedOptions, bufferedFields } from './parts/buffered-options.js';
import type { OwnResources } from './registry.js';
import type { Dataflow } from './systolic.js';

/** Options of {@link denseArray}. */
export interface DenseArrayOptions extends BufferedOptions {
  /** Label in reports. @default 'dense-array' */
  readonly name?: string;
  /** Rows of multiply-accumulate units, at least 1. @default 32 */
  readonly rows?: number;
  /** Columns of multiply-accumulate units, at least 1. @default 32 */
  readonly cols?: number;
  /** What stays in the array; `best` takes the fastest for each work. @default 'best' */
  readonly dataflow?: Dataflow | 'best';
}

const denseArraySchema = z.strictObject({
  kind: z.literal('denseArray').default('denseArray'),
  name: specFields.name.default('dense-array'),
  rows: count(65_536, 32),
  cols: count(65_536, 32),
  dataflow: z.enum(['WS', 'OS', 'IS', 'best']).default('best'),
  ...bufferedFields,
  energyTable: specFields.energyTable,
  sources: specFields.sources,
});

/** All the options of the dense array, defaults filled in. */
export type DenseArraySpec = z.infer<typeof denseArraySchema>;

/** How specs of kind `denseArray` are checked and built. */
export const denseArrayKind = { schema: denseArraySchema, build, resources, areas };

/**
 * The dense reference at equal multipliers: a systolic array that multiplies every operand, zero or not, and runs the three GEMMs and
 * the update of a training step one after another.
 *
 * Cycles are SCALE-Sim's folds behind double buffers. A unit-cycle is useful where both operands are non-zero; the others are lost to
 * `ineffectual` (a zero operand), `padding` (a border zero), `underfilled` (no element mapped), `fill` (filling and draining) and
 * `memory`. Zeros inserted by strides are not multiplied. Sampled images stand for the real batch.
 *
 * @throws SparsityError naming the option that is wrong.
 * @example
 * ```ts
 * const nest = denseNest({batch: 32, inFeatures: 64, outFeatures: 64});
 * const operand = (role: 'A' | 'W', shape: number[]) => ({role, source: 'fc', nonzeros: onesBits(shape)});
 * const work: GemmWork = {
 *   kind: 'gemm', layer: 'fc', phase: 'forward', nest, input: operand('A', [32, 64]), kernel: operand('W', [64, 64]), imageScale: 1,
 * };
 * denseArray({rows: 16, cols: 16}).start().executeStep([work]).works[0].macs.executed; // 131072
 * ```
 */
export function denseArray(options: DenseArrayOptions = {}): Accelerator {
  return build(checkSpec(denseArraySchema, options, 'denseArray'));
}

function build(spec: DenseArraySpec): Accelerator {
  return {
    spec,
    energyTable: tableOf(spec.energyTable),
    start() {
      const timings: DenseTimings = new Map();
      return statelessRun((works) => works.map((work) => executeDenseWork(work, spec, timings)));
    },
  };
}

function resources({ rows, cols, sramKb, bytesPerValue }: DenseArraySpec): OwnResources {
  return { units: rows * cols, sramKb, valueBits: 8 * bytesPerValue };
}

function areas({ rows, cols, sramKb }: DenseArraySpec): DeclaredAreas {
  return {
    nodeNm: 45,
    withSram: true,
    components: [
      {
        component: 'processing elements',
        count: rows * cols,
        areaMm2: macMm2 + 3 * 32 * area45nm.registerBit.areaMm2,
        source: 'multiplier, adder, registers for input, weight and sum',
      },
      sramArea('buffer', sramKb),
    ],
  };
}
