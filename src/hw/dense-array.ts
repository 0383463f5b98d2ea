import * as z from 'zod';
import { checkSpec, specFields, tableOf } from './check-spec.js';
import { checkedRun } from './checked-run.js';
import type { Accelerator, EnergyTable } from './contracts.js';
import { type DenseTimings, executeDenseWork } from './dense-work.js';
import { area45nm, type DeclaredAreas, macMm2, sramArea } from './metrics/component-area.js';
import type { OwnResources } from './registry.js';
import type { Dataflow } from './systolic.js';

/** Options of {@link denseArray}. */
export interface DenseArrayOptions {
  /** Label in reports. @default 'dense-array' */
  readonly name?: string;
  /** Rows of multiply-accumulate units, at least 1. @default 32 */
  readonly rows?: number;
  /** Columns of multiply-accumulate units, at least 1. @default 32 */
  readonly cols?: number;
  /** What stays in the array; `best` takes the fastest for each work. @default 'best' */
  readonly dataflow?: Dataflow | 'best';
  /** On-chip memory in KB, in equal parts for input, kernel and output, each double buffered. @default 384 */
  readonly sramKb?: number;
  /** Off-chip bandwidth in bytes per cycle. @default 64 */
  readonly dramBytesPerCycle?: number;
  /** Width of a value in memory, in bytes; arithmetic is priced as 32-bit. @default 4 */
  readonly bytesPerValue?: 1 | 2 | 4;
  /** Clock in GHz: leakage per cycle goes with its inverse. @default 1 */
  readonly clockGhz?: number;
  /** Name of one of {@link energyTables}, or a table. @default '45nm' */
  readonly energyTable?: string | EnergyTable;
  /** Where each constant comes from, by field. @default for values that are a preset's, the preset's source */
  readonly sources?: Readonly<Record<string, string>>;
}

const denseArraySchema = z.strictObject({
  kind: z.literal('denseArray').default('denseArray'),
  name: specFields.name.default('dense-array'),
  rows: z.int().min(1).max(65_536).default(32),
  cols: z.int().min(1).max(65_536).default(32),
  dataflow: z.enum(['WS', 'OS', 'IS', 'best']).default('best'),
  sramKb: z.number().positive().default(384),
  dramBytesPerCycle: z.number().positive().default(64),
  bytesPerValue: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(4),
  clockGhz: z.number().positive().default(1),
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
      return checkedRun({
        executeStep: (works) => ({ works: works.map((work) => executeDenseWork(work, spec, timings)) }),
        state: () => [],
      });
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
