import * as z from 'zod';
import { count, specFields } from '../check-spec.js';
import type { EnergyTable } from '../contracts.js';

/** Options of {@link sat}. */
export interface SatOptions {
  /** Label in reports and keys. @default 'sat' */
  readonly name?: string;
  /** Rows of unified sparse processing elements (USPE), 1 to 1024. @default 32 */
  readonly rows?: number;
  /** Columns of USPEs, 1 to 1024. @default 32 */
  readonly cols?: number;
  /** N: slots that a group of an N:M operand takes, 1 to `m`; with `n` equal to `m` all runs dense. @default 2 */
  readonly n?: number;
  /** M: elements of a group along the reduction, 1 to 32. @default 8 */
  readonly m?: number;
  /**
   * What stays in the array, outputs (OS) or weights (WS); `best` is the offline schedule, which takes the fastest mapping for each layer
   * and phase.
   *
   * @default 'best'
   */
  readonly dataflow?: 'OS' | 'WS' | 'best';
  /** Cycles until a USPE can add to the same sum again, 1 to 64. @default 4 */
  readonly addLatencyCycles?: number;
  /** Outputs that a USPE takes in turn under OS (interleave mapping), 1 to 64; 1 for none. @default 4 */
  readonly interleave?: number;
  /** Lanes of the sparse online reduction engine (SORE), each a group in `m` cycles; 1 to 1024. @default 32 */
  readonly soreLanes?: number;
  /** Lanes of the weight update vector engine (WUVE), each a weight per cycle; 1 to 1024. @default 32 */
  readonly wuveLanes?: number;
  /**
   * Whether N:M weights are made right behind the update, where they hide the SORE and go out compact; otherwise each phase reads dense
   * weights and waits for the SORE first.
   *
   * @default true
   */
  readonly preGeneration?: boolean;
  /**
   * On-chip memory in KB, in equal parts for input, kernel and output, each double buffered. An access costs what the energy table says,
   * at any size.
   * @default 384
   */
  readonly sramKb?: number;
  /** Off-chip bandwidth in bytes per cycle. @default 64 */
  readonly dramBytesPerCycle?: number;
  /** Width of A, E, G and of the weights that are multiplied, in bytes: 2 for FP16, 4 for FP32. @default 2 */
  readonly bytesPerValue?: 2 | 4;
  /** Clock in GHz: leakage per cycle goes with its inverse. @default 1 */
  readonly clockGhz?: number;
  /** Energy table, or the name of one. @default '45nm' */
  readonly energyTable?: string | EnergyTable;
  /** Where constants come from, by field. @default for values that are a preset's, the preset's source */
  readonly sources?: Readonly<Record<string, string>>;
}

/** The schema of a spec of kind `sat`. */
export const satSchema = z
  .strictObject({
    kind: z.literal('sat').default('sat'),
    ...specFields,
    name: specFields.name.default('sat'),
    rows: count(1024, 32),
    cols: count(1024, 32),
    n: count(32, 2),
    m: count(32, 8),
    dataflow: z.enum(['OS', 'WS', 'best']).default('best'),
    addLatencyCycles: count(64, 4),
    interleave: count(64, 4),
    soreLanes: count(1024, 32),
    wuveLanes: count(1024, 32),
    preGeneration: z.boolean().default(true),
    sramKb: z.number().positive().default(384),
    dramBytesPerCycle: z.number().positive().default(64),
    bytesPerValue: z.union([z.literal(2), z.literal(4)]).default(2),
    clockGhz: z.number().positive().default(1),
  })
  .refine(({ n, m }) => n <= m, { path: ['n'], error: 'at most m: write 2:4 as n: 2, m: 4' });

/** The spec of a SAT, defaults filled in. */
export type SatSpec = z.infer<typeof satSchema>;
