import * as z from 'zod';
import { count, specFields } from '../check-spec.js';
import type { AcceleratorSpec, EnergyTable } from '../contracts.js';
import { areas001 } from '../parts/areas.js';
import type { OwnResources } from '../registry.js';

/** What the accelerator of 001 and its baselines have in common: they are compared at equal resources (ledger 1.5). */
export interface FrameOptions {
  /** Label in reports and keys. @default the name of the kind's first preset */
  readonly name?: string;
  /** Processing elements (PE): one per router of the torus. @default 64 */
  readonly pes?: number;
  /** Rows of the 2D torus that joins them. @default 8 */
  readonly torusRows?: number;
  /** Columns of the torus. @default 8 */
  readonly torusCols?: number;
  /** Multipliers of a PE. @default 16 */
  readonly multipliers?: number;
  /**
   * SRAM of a PE in KB, for input, kernel and output in equal parts. Whatever its size, an access is the table's `sramSmallAccess`, of 8 KB
   * in the tables here (5 pJ at 45 nm; `sramAccessPj` of 3 MB is 98): a table of your own prices it otherwise.
   *
   * @default 3072
   */
  readonly peSramKb?: number;
  /** Global buffer in KB, in equal parts as well; an access is the table's `sramLargeAccess`, whatever its size. @default 262144 */
  readonly globalBufferKb?: number;
  /** Off-chip bandwidth, bytes per cycle, above 0. @default 1024 */
  readonly dramBytesPerCycle?: number;
  /**
   * Words of 32 bits that a link of the on-chip network takes per cycle, in each direction, above 0. A work that multiplies faster than
   * its words move waits for them (idle cause `network`). 001 says nothing of it, and its times leave room for no limit.
   *
   * @default without a limit: the network costs energy and no time
   */
  readonly linkWords?: number;
  /** Width of a value in bits. @default 32 */
  readonly valueBits?: 8 | 16 | 32;
  /** Width of a column index, and of the count that a row begins with, in bits, 1 to 16. @default 8 */
  readonly indexBits?: number;
  /**
   * Cycles between two batches of multiplications, 1 to 1024: 1 when multipliers are pipelined, 10 as Table I of 001 can be read, which does
   * not say whether its 10 cycles are latency or occupancy (ledger 1.2.7; section 4, 12). It holds for weight updates, too.
   *
   * @default 1
   */
  readonly multiplyInitiationInterval?: number;
  /**
   * What a stored row is: `mapRow` the columns of one channel and row of a map (of W: the S weights of a kernel row), `flattened` all the
   * channels of a row of a map (of W: the whole kernel), in pieces that an index reaches. It decides claim 9 (ledger section 4, 27).
   *
   * @default 'mapRow'
   */
  readonly rowLayout?: 'mapRow' | 'flattened';
  /**
   * Whether the input gradient pays for reading W, or the second factor of a product of activations, by columns, which formats of rows do
   * not give for free: it is read and written once more (ledger section 4, 25). 001 says nothing of it.
   *
   * @default true
   */
  readonly chargeTranspose?: boolean;
  /**
   * Power at rest in watt, SRAM excluded, whatever the node of the energy table.
   *
   * @default that of the design in Table IV of 001, in proportion to the PEs but for the controller
   */
  readonly staticPowerW?: number;
  /** Clock in GHz. @default 1 */
  readonly clockGhz?: number;
  /** Energy table, or the name of one. @default '45nm' */
  readonly energyTable?: string | EnergyTable;
  /** Where constants come from, by field. @default for values that are a preset's, the preset's source */
  readonly sources?: Readonly<Record<string, string>>;
}

/** Options of {@link balanced}. */
export interface BalancedOptions extends FrameOptions {
  /**
   * Partitions of the PEs, rows times columns: each takes a band of input rows. They are blocks of the torus where they divide it, else
   * runs along its rows.
   *
   * @default 3 x 3
   */
  readonly partitionRows?: number;
  /** @default 3 */
  readonly partitionCols?: number;
  /**
   * How bands of rows are made: `even` (the dimension split of the baselines), Procedure 1 of 001 as printed (`literal`) or on work
   * instead of density (`repaired`), or the best bands there are by its estimate (`prefix`, a bound) (ledger 1.2.5). Bands are in
   * proportion to the PEs of their partitions, but for `literal`: `even` as in 001 (Sec. V-C, of the baselines), for the others it is ours.
   *
   * @default 'repaired'
   */
  readonly coarse?: 'even' | 'literal' | 'repaired' | 'prefix';
  /** Whether idle PEs steal from their neighbours (Procedure 2, ledger 1.2.6). @default true */
  readonly stealing?: boolean;
  /**
   * How a row comes to RP-CSR or RP-BF: by its `exact` bits, by Eq. 10 as printed (`threshold`), or at 88 % whatever its width, as the
   * text rounds it (`rounded`).
   *
   * @default 'exact'
   */
  readonly rowFormat?: 'exact' | 'threshold' | 'rounded';
  /** Row pairs that the index computation unit (M-ICU) of a PE matches per cycle, above 0; 001 gives none. @default 1 */
  readonly rowPairsPerCycle?: number;
  /** Cycles of a multiplication, by which Procedure 2 decides: 10 for floating point, 7 for integers (001 Table I). @default 10 */
  readonly multiplyCycles?: number;
  /** Cycles of one round of Procedure 1: it compares the neighbouring partitions one after the other. @default 8 */
  readonly coarseRoundCycles?: number;
}

/** The fields of {@link FrameOptions}; defaults of Table II of 001. */
export const frameFields = {
  ...specFields,
  pes: count(1024, 64),
  torusRows: count(1024, 8),
  torusCols: count(1024, 8),
  multipliers: count(1024, 16),
  peSramKb: z.number().positive().default(3072),
  globalBufferKb: z.number().positive().default(262_144),
  dramBytesPerCycle: z.number().positive().default(1024),
  linkWords: z.number().positive().optional(),
  valueBits: z.union([z.literal(8), z.literal(16), z.literal(32)]).default(32),
  indexBits: count(16, 8),
  multiplyInitiationInterval: count(1024, 1),
  rowLayout: z.enum(['mapRow', 'flattened']).default('mapRow'),
  chargeTranspose: z.boolean().default(true),
  clockGhz: z.number().positive().default(1),
  staticPowerW: z.number().nonnegative().optional(),
};

/** Refuses a torus that does not have one router per PE: 001's Table II has 64 PEs and a 9 * 9 torus (ledger 1.2.7). */
export const onePePerRouter: [
  (spec: { pes: number; torusRows: number; torusCols: number }) => boolean,
  { path: string[]; error: string },
] = [
  ({ pes, torusRows, torusCols }) => pes === torusRows * torusCols,
  {
    path: ['pes'],
    error:
      'torusRows * torusCols, one PE per router (64 on 8 x 8, 54 on 9 x 6, 81 on 9 x 9): no router is left empty, and the partitions have no map of their own',
  },
];

/** The fields of designs whose PEs are in partitions. */
export const partitionFields = { partitionRows: count(1024, 3), partitionCols: count(1024, 3) };

/** Refuses partitions without a PE. */
export const partitionsFit: [
  (spec: { pes: number; partitionRows: number; partitionCols: number }) => boolean,
  { path: string[]; error: string },
] = [
  ({ pes, partitionRows, partitionCols }) => partitionRows * partitionCols <= pes,
  { path: ['partitionRows'], error: 'partitionRows * partitionCols of at most the number of PEs' },
];

/** What is filled in of a spec: with other than 64 PEs static power goes as the area does. */
interface StaticPower {
  readonly pes: number;
  readonly staticPowerW?: number | undefined;
  readonly sources: Readonly<Record<string, string>>;
}

/** Fills in the static power of a design, of which only the controller of `balanced` is known not to grow with the PEs. */
export function withStaticPower(design: keyof typeof areas001.designs) {
  const { staticW } = areas001.designs[design];
  const perPe = (staticW - (design === 'balanced' ? areas001.components.controller.staticW : 0)) / 64;
  const source = '001 Table IV, SRAM excluded: of 64 PEs, and in proportion to them but for the controller';
  return <Spec extends StaticPower>(spec: Spec): Spec & { staticPowerW: number } => {
    if (spec.staticPowerW !== undefined) return { ...spec, staticPowerW: spec.staticPowerW };
    const staticPowerW = staticW + (spec.pes - 64) * perPe;
    return { ...spec, staticPowerW, sources: { staticPowerW: source, ...spec.sources } };
  };
}

/** The schema of a spec of kind `balanced`. */
export const balancedSchema = z
  .strictObject({
    kind: z.literal('balanced').default('balanced'),
    ...frameFields,
    name: specFields.name.default('balanced'),
    ...partitionFields,
    coarse: z.enum(['even', 'literal', 'repaired', 'prefix']).default('repaired'),
    stealing: z.boolean().default(true),
    rowFormat: z.enum(['exact', 'threshold', 'rounded']).default('exact'),
    rowPairsPerCycle: z.number().positive().default(1),
    multiplyCycles: count(1024, 10),
    coarseRoundCycles: z.int().min(0).default(8),
  })
  .refine(...onePePerRouter)
  .refine(...partitionsFit)
  .transform(withStaticPower('balanced'));

/** The spec of a balanced accelerator, defaults filled in. */
export type BalancedSpec = z.infer<typeof balancedSchema>;

/** What the specs of the four designs have in common. */
export type FrameSpec = Pick<BalancedSpec, keyof typeof frameFields>;

/** The resources of a design: its PEs' SRAM and the global buffer together. */
export function frameResources({
  pes,
  multipliers,
  peSramKb,
  globalBufferKb,
  valueBits,
}: FrameSpec & AcceleratorSpec): OwnResources {
  return { units: pes * multipliers, sramKb: pes * peSramKb + globalBufferKb, valueBits };
}
