import * as z from 'zod';
import { checkSpec, count, specFields } from '../check-spec.js';
import type { Accelerator, GemmWork } from '../contracts.js';
import { effectualMacs } from '../effectual-macs.js';
import { benes } from '../parts/interconnect/benes.js';
import { fan } from '../parts/interconnect/fan.js';
import { torus } from '../parts/interconnect/torus.js';
import { areasOfDesign } from './areas.js';
import { buildDesign, type DesignExecution } from './design.js';
import { toEach } from './network-words.js';
import { type FrameOptions, frameFields, frameResources, onePePerRouter, withStaticPower } from './options.js';
import { stationaryFolds } from './stationary-folds.js';

/** Options of {@link sigma001}. */
export interface Sigma001Options extends FrameOptions {
  /** Multipliers of a Flex-DPE: what the GEMMs of different groups of channels do not share. @default 128 */
  readonly flexDpeSize?: number;
  /** Which operand stays in the multipliers; `best` takes the faster for each work. @default 'best' */
  readonly stationary?: 'best' | 'kernel' | 'input';
  /**
   * Whether inputs lie off chip as the matrix that im2col makes of them, each value once per window it is in, or are expanded on chip.
   * 001 counts the former; it alone could explain its 34 % (ledger section 4, 13).
   *
   * @default true
   */
  readonly im2colOffChip?: boolean;
}

const schema = z
  .strictObject({
    kind: z.literal('sigma001').default('sigma001'),
    ...frameFields,
    name: specFields.name.default('sigma-001'),
    flexDpeSize: count(65_536, 128),
    stationary: z.enum(['best', 'kernel', 'input']).default('best'),
    im2colOffChip: z.boolean().default(true),
  })
  .refine(...onePePerRouter)
  .refine(({ pes, multipliers, flexDpeSize }) => flexDpeSize <= pes * multipliers, {
    path: ['flexDpeSize'],
    error: 'pes * multipliers at most',
  })
  .transform(withStaticPower('sigma001'));

/** The spec of a SIGMA as 001 models it, defaults filled in. */
export type Sigma001Spec = z.infer<typeof schema>;

/** How specs of kind `sigma001` are checked and built. */
export const sigma001Kind = { schema, build, resources: frameResources, areas: areasOfDesign('sigma001') };

/**
 * SIGMA as 001 models it, at the resources of {@link balanced}: bit maps, a partitioned SRAM with 20 % for indices, inputs expanded by
 * im2col, and one GEMM after the other on all the multipliers (ledger 1.5).
 *
 * The non-zeros of one operand are packed into the multipliers, `units` in a fold, whatever rows they come from; the GEMMs of different
 * groups of channels share a fold but no Flex-DPE. The other operand streams by, a vector per batch of multiplications:
 *
 *     cycles = folds * (1 to load + vectors * multiplyInitiationInterval + 1 through the Benes network + log2(units) through the adder tree)
 *
 * A word that streams by, or is loaded, goes as far as the mean distance on the torus of the other designs: the die is as large.
 *
 * A multiplier that holds a value works where the vector has one, too; all outputs of a weight gradient are made, wanted or not.
 *
 * Unit-cycles are lost to `ineffectual` slots, `underfilled` multipliers, `initiation` (with `multiplyInitiationInterval` above 1), `fill`,
 * `network` (with `linkWords`) and `memory`.
 *
 * @throws SparsityError naming the option that is wrong.
 * @example
 * ```ts
 * sigma001({im2colOffChip: false, stationary: 'kernel'}).spec.kind; // 'sigma001'
 * ```
 */
export function sigma001(options: Sigma001Options = {}): Accelerator {
  return build(checkSpec(schema, options, 'sigma001'));
}

function build(spec: Sigma001Spec): Accelerator {
  const memory = { ...spec, format: 'bitmap', policy: 'exact', buffer: 'partitioned', im2col: spec.im2colOffChip } as const;
  return buildDesign(spec, memory, (work) => execute(work, spec));
}

function execute(work: GemmWork, spec: Sigma001Spec): DesignExecution {
  const units = spec.pes * spec.multipliers;
  const interval = spec.multiplyInitiationInterval;
  const run = stationaryFolds(work, spec);
  const fill = foldLatency(spec);
  const cycles = run.vectors * interval + run.folds * fill;
  const effectual = effectualMacs(work) * work.imageScale;
  const multiplied = work.output ? madeMacs(work) * work.imageScale : effectual;
  const { meanHops } = torus({ rows: spec.torusRows, cols: spec.torusCols });
  const values = run.heldWords + run.streamedWords;
  const valueWords = spec.valueBits / 32;
  return {
    cycles,
    ...{ effectual, executed: run.slots, multiplied },
    idle: {
      ineffectual: (run.slots - effectual) * interval,
      underfilled: (units * run.vectors - run.slots) * interval,
      initiation: effectual * (interval - 1),
      fill: units * run.folds * fill,
    },
    actions: {
      // Values as they are loaded; then the held one, the streamed one, and the sum that goes up the tree.
      registerAccess: run.heldWords * valueWords + (2 * valueWords + 1) * multiplied,
      sramSmallAccess: values * valueWords,
      nocHop: values * valueWords * meanHops,
      indexOp: values,
    },
    decisions: { stationary: run.stationary },
    routes: { input: toEach(1, 0), kernel: toEach(1, 0), output: toEach(1, meanHops) }, // operands are counted as they stream
  };
}

/** Cycles of a fold besides its vectors: one to load, one through the Benes network, and through the adder tree. */
export function foldLatency(spec: Sigma001Spec): number {
  const ports = networkPorts(spec);
  return 1 + benes(ports).publishedLatencyCycles + fan(ports).latencyCycles;
}

/** Ports of both networks: the multipliers, up to a power of two. */
function networkPorts({ pes, multipliers }: Sigma001Spec): number {
  return 2 ** Math.max(1, Math.ceil(Math.log2(pes * multipliers)));
}

/** Effectual multiply-accumulates of all outputs, wanted or not. */
function madeMacs({ output: _wanted, ...work }: GemmWork): number {
  return effectualMacs(work);
}
