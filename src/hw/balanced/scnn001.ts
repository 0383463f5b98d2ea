import * as z from 'zod';
import { checkSpec, count, specFields } from '../check-spec.js';
import type { Accelerator, GemmWork } from '../contracts.js';
import { effectualMacs } from '../effectual-macs.js';
import { torus } from '../parts/interconnect/torus.js';
import { areasOfDesign } from './areas.js';
import { cartesianLoads } from './cartesian.js';
import { buildDesign, type DesignExecution } from './design.js';
import { toEach, toNeighbours } from './network-words.js';
import { type FrameOptions, frameFields, frameResources, onePePerRouter, withStaticPower } from './options.js';
import { sum } from './sum.js';

/** Options of {@link scnn001}. */
export interface Scnn001Options extends FrameOptions {
  /** Weights (in the weight gradient: errors) that meet in a cycle; the activations that meet them are multipliers / this. @default 4 */
  readonly weightsPerCycle?: number;
  /** Accumulator banks of a PE, over which outputs of a neighbour's tile leave. @default 32 */
  readonly banks?: number;
}

const schema = z
  .strictObject({
    kind: z.literal('scnn001').default('scnn001'),
    ...frameFields,
    name: specFields.name.default('scnn-001'),
    weightsPerCycle: count(1024, 4),
    banks: count(1024, 32),
  })
  .refine(...onePePerRouter)
  .refine(({ multipliers, weightsPerCycle }) => multipliers % weightsPerCycle === 0, {
    path: ['weightsPerCycle'],
    error: 'a divisor of the multipliers of a PE',
  })
  .transform(withStaticPower('scnn001'));

/** The spec of an SCNN as 001 models it, defaults filled in. */
export type Scnn001Spec = z.infer<typeof schema>;

/** How specs of kind `scnn001` are checked and built. */
export const scnn001Kind = { schema, build, resources: frameResources, areas: areasOfDesign('scnn001') };

/**
 * SCNN as 001 models it, at the resources of {@link balanced}: CSR, a partitioned SRAM with 20 % for indices, a split by space, and the
 * Cartesian product of non-zeros (ledger 1.5). The SCNN of its own paper, with banks that conflict and a barrier per channel, is `scnn`.
 *
 * Maps are cut into tiles, one per PE; where a map is smaller than the grid, groups of PEs take different images, and the images of a
 * dense layer are dealt out. Forward and input gradient: all non-zeros of a channel in the tile meet all non-zero weights of that
 * channel, `weightsPerCycle` by `multipliers / weightsPerCycle`; with a stride the remainders meet that land on an output:
 *
 *     PE = sum over images, channels, remainders of ceil(W / weightsPerCycle) * ceil(A / activations) * multiplyInitiationInterval
 *          + outputs of others' tiles / banks
 *
 * Weight gradient: at each pair of pixels under a tap the non-zero channels of A meet those of E. Products whose output is outside the
 * map, or not wanted, are made and dropped.
 *
 * Unit-cycles are lost to `fragmentation`, `ineffectual` products, `initiation` (with `multiplyInitiationInterval` above 1), `halo`,
 * `imbalance`, `network` (with `linkWords`) and `memory`.
 *
 * @throws SparsityError naming the option that is wrong.
 * @example
 * ```ts
 * scnn001({weightsPerCycle: 8}).spec.kind; // 'scnn001'
 * ```
 */
export function scnn001(options: Scnn001Options = {}): Accelerator {
  return build(checkSpec(schema, options, 'scnn001'));
}

function build(spec: Scnn001Spec): Accelerator {
  const memory = { ...spec, format: 'csr', policy: 'exact', buffer: 'partitioned' } as const;
  return buildDesign(spec, memory, (work) => execute(work, spec));
}

function execute(work: GemmWork, spec: Scnn001Spec): DesignExecution {
  const loads = cartesianLoads(work, spec);
  const { multipliers, weightsPerCycle, multiplyInitiationInterval: interval } = spec;
  const effectual = effectualMacs(work) * work.imageScale;
  const executed = sum(loads, (load) => load.products);
  const busy = loads.map((load) => load.vectorPairs * interval + load.haloCycles);
  const cycles = Math.max(...busy);
  const vectorPairs = sum(loads, (load) => load.vectorPairs);
  const { meanHops } = torus({ rows: spec.torusRows, cols: spec.torusCols, units: spec.pes });
  const gradient = work.phase === 'weightGradient';
  const valueWords = spec.valueBits / 32;
  return {
    cycles,
    ...{ effectual, executed, multiplied: executed },
    idle: {
      fragmentation: (vectorPairs * multipliers - executed) * interval,
      ineffectual: (executed - effectual) * interval,
      initiation: effectual * (interval - 1),
      halo: sum(loads, (load) => load.haloCycles) * multipliers,
      imbalance: sum(busy, (own) => cycles - own) * multipliers,
    },
    actions: {
      registerAccess: (2 * valueWords + 2) * executed,
      // Weights stream past activations.
      sramSmallAccess: (vectorPairs * weightsPerCycle + sum(loads, (load) => load.activations)) * valueWords,
      nocHop: sum(loads, (load) => load.haloWords),
      indexOp: executed,
    },
    decisions: {},
    routes: {
      input: toEach(1, meanHops),
      kernel: gradient ? toEach(1, meanHops) : toNeighbours(spec.pes, meanHops),
      output: toEach(gradient ? spec.pes : 1, meanHops),
    },
  };
}
