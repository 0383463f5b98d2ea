import * as z from 'zod';
import { count, specFields } from '../check-spec.js';
import { type BufferedOptions, bufferedFields } from '../parts/buffered-options.js';

/** Options of {@link procrustes}. */
export interface ProcrustesOptions extends BufferedOptions {
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
}

/** The schema of a Procrustes spec: strict, so that a misspelt option is an error. */
export const procrustesSchema = z.strictObject({
  kind: z.literal('procrustes').default('procrustes'),
  ...specFields,
  name: specFields.name.default('procrustes'),
  peRows: count(1024, 32),
  peCols: count(1024, 32),
  tileWeights: z.int().min(2).max(65_536).multipleOf(2, { error: 'an even number' }).default(128),
  balance: z.enum(['halfTiles', 'none']).default('halfTiles'),
  ...bufferedFields,
});

/** The spec of a Procrustes, defaults filled in. */
export type ProcrustesSpec = z.infer<typeof procrustesSchema>;
