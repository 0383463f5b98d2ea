import * as z from 'zod';
import { specFields } from '../check-spec.js';
import type { EnergyTable } from '../contracts.js';

/** Options of {@link procrustes}. */
export interface ProcrustesOptions {
  /** Label in reports and keys. @default 'procrustes' */
  readonly name?: string;
  /** K, rows of processing elements, over which output channels are spread: 1 to 1024. @default 32 */
  readonly peRows?: number;
  /** N, columns of processing elements, over which the images of the batch are spread: 1 to 1024. @default 32 */
  readonly peCols?: number;
  /**
   * Words of the register file of a processing element that hold its tile of weights, which is two half tiles of one output channel each;
   * an even number, 2 to 65536. @default 128
   */
  readonly tileWeights?: number;
  /** How half tiles come to rows: folded, the densest with the sparsest, or left where they are. @default 'halfTiles' */
  readonly balance?: 'halfTiles' | 'none';
  /** Global buffer in KB, in equal parts for input, kernel and output, each double buffered. @default 384 */
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

/** The schema of a Procrustes spec: strict, so that a misspelt option is an error. */
export const procrustesSchema = z.strictObject({
  kind: z.literal('procrustes').default('procrustes'),
  ...specFields,
  name: specFields.name.default('procrustes'),
  peRows: z.int().min(1).max(1024).default(32),
  peCols: z.int().min(1).max(1024).default(32),
  tileWeights: z.int().min(2).max(65_536).multipleOf(2, { error: 'an even number' }).default(128),
  balance: z.enum(['halfTiles', 'none']).default('halfTiles'),
  sramKb: z.number().positive().default(384),
  dramBytesPerCycle: z.number().positive().default(64),
  bytesPerValue: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(4),
  clockGhz: z.number().positive().default(1),
});

/** The spec of a Procrustes, defaults filled in. */
export type ProcrustesSpec = z.infer<typeof procrustesSchema>;
