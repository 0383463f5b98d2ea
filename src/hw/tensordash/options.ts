import * as z from 'zod';
import { specFields } from '../check-spec.js';
import type { EnergyTable } from '../contracts.js';

/** Options of {@link tensorDash}. */
export interface TensorDashOptions {
  /** Label in reports and keys. @default 'tensordash' */
  readonly name?: string;
  /** Tiles, each at work on outputs of its own, 1 to 1024. @default 4 */
  readonly tiles?: number;
  /** Rows of processing elements of a tile, which has at most 32 of them; each has 16 multipliers. @default 4 */
  readonly tileRows?: number;
  /** Columns of processing elements of a tile. @default 4 */
  readonly tileCols?: number;
  /**
   * Whose zeros are skipped: a pair of operands when either is zero, with a scheduler in each processing element (`both`), or those of the
   * sparser operand only, with a scheduler per row of processing elements (`oneSide`). @default 'both'
   */
  readonly skip?: 'both' | 'oneSide';
  /** On-chip memory in KB, in equal parts for input, kernel and output, each double buffered. @default 384 */
  readonly sramKb?: number;
  /** Off-chip bandwidth, bytes per cycle. @default 64 */
  readonly dramBytesPerCycle?: number;
  /** Width of a value, in bytes: 1, 2 or 4. @default 4 */
  readonly bytesPerValue?: 1 | 2 | 4;
  /** Clock in GHz: leakage per cycle goes with its inverse. @default 1 */
  readonly clockGhz?: number;
  /** Energy table, or the name of one. @default '45nm' */
  readonly energyTable?: string | EnergyTable;
  /** Where constants come from, by field. @default for values that are a preset's, the preset's source */
  readonly sources?: Readonly<Record<string, string>>;
}

/** The schema of a TensorDash spec: strict, so that a misspelt option is an error. */
export const tensorDashSchema = z
  .strictObject({
    kind: z.literal('tensorDash').default('tensorDash'),
    ...specFields,
    name: specFields.name.default('tensordash'),
    tiles: z.int().min(1).max(1024).default(4),
    tileRows: z.int().min(1).max(32).default(4),
    tileCols: z.int().min(1).max(32).default(4),
    skip: z.enum(['both', 'oneSide']).default('both'),
    sramKb: z.number().positive().default(384),
    dramBytesPerCycle: z.number().positive().default(64),
    bytesPerValue: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(4),
    clockGhz: z.number().positive().default(1),
  })
  .refine(({ tileRows, tileCols }) => tileRows * tileCols <= 32, {
    path: ['tileCols'],
    error: 'at most 32 processing elements in a tile, tileRows * tileCols',
  });

/** The spec of a TensorDash, defaults filled in. */
export type TensorDashSpec = z.infer<typeof tensorDashSchema>;
