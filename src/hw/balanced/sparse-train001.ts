import * as z from 'zod';
import { checkSpec, specFields } from '../check-spec.js';
import type { Accelerator, GemmWork } from '../contracts.js';
import { rememberEffectualMacs } from '../effectual-macs.js';
import { areasOfDesign } from './areas.js';
import { partitionRoutes } from './balanced.js';
import { dealUnits } from './deal-units.js';
import { buildDesign, type DesignExecution } from './design.js';
import { lineWork } from './line-work.js';
import {
  type FrameOptions,
  frameFields,
  frameResources,
  onePePerRouter,
  partitionFields,
  partitionsFit,
  withStaticPower,
} from './options.js';
import { sum } from './sum.js';

/** Options of {@link sparseTrain001}. */
export interface SparseTrain001Options extends FrameOptions {
  /** Partitions of the PEs, rows times columns: each takes a band of input rows. @default 3 */
  readonly partitionRows?: number;
  /** @default 3 */
  readonly partitionCols?: number;
}

const schema = z
  .strictObject({
    kind: z.literal('sparseTrain001').default('sparseTrain001'),
    ...frameFields,
    ...partitionFields,
    name: specFields.name.default('sparse-train-001'),
  })
  .refine(...onePePerRouter)
  .refine(...partitionsFit)
  .transform(withStaticPower('sparseTrain001'));

type SparseTrain001Spec = z.infer<typeof schema>;

/** How specs of kind `sparseTrain001` are checked and built. */
export const sparseTrain001Kind = { schema, build, resources: frameResources, areas: areasOfDesign('sparseTrain001') };

/**
 * SparseTrain as 001 models it, at the resources of {@link balanced}: CSR, a unified SRAM, row-wise one-dimensional convolutions and a
 * split by dimension (ledger 1.5).
 *
 * Rows are dealt to PEs as in `balanced` with even bands, and PEs skip the zeros of both operands. But a PE convolves one row pair after
 * the other: each takes ceil(products / multipliers) batches of its own, at least one, of `multiplyInitiationInterval` cycles,
 * and no PE helps another.
 *
 * Unit-cycles are lost to `fragmentation`, `initiation` (with `multiplyInitiationInterval` above 1), `imbalance`, `network` (with
 * `linkWords`) and `memory`.
 *
 * @throws SparsityError naming the option that is wrong.
 * @example
 * ```ts
 * sparseTrain001({rowLayout: 'flattened'}).spec.kind; // 'sparseTrain001'
 * ```
 */
export function sparseTrain001(options: SparseTrain001Options = {}): Accelerator {
  return build(checkSpec(schema, options, 'sparseTrain001'));
}

function build(spec: SparseTrain001Spec): Accelerator {
  const memory = { ...spec, format: 'csr', policy: 'exact', buffer: 'unified' } as const;
  return buildDesign(spec, memory, (work) => execute(work, spec));
}

function execute(work: GemmWork, spec: SparseTrain001Spec): DesignExecution {
  const { loads, split } = dealUnits(work, lineWork(work, spec.multipliers), spec, 'even');
  const products = sum(loads, (load) => load.products);
  const rowPairs = sum(loads, (load) => load.rowPairs);
  if (work.imageScale === 1) rememberEffectualMacs(work, products);
  const { multipliers, multiplyInitiationInterval: interval } = spec;
  const batches = Math.max(...loads.map((load) => load.pairBatches));
  const partitions = split.bounds.length - 1;
  const valueWords = spec.valueBits / 32;
  return {
    cycles: batches * interval,
    ...{ effectual: products, executed: products, multiplied: products },
    idle: {
      fragmentation: (sum(loads, (load) => load.pairBatches) * multipliers - products) * interval,
      initiation: products * (interval - 1),
      imbalance: sum(loads, (load) => batches - load.pairBatches) * multipliers * interval,
    },
    actions: {
      registerAccess: (2 * valueWords + 2) * products,
      sramSmallAccess: 2 * products * valueWords,
      indexOp: rowPairs + products,
    },
    decisions: {},
    routes: partitionRoutes(work, partitions, spec),
  };
}
