import * as z from 'zod';
import { count, specFields } from '../check-spec.js';
import { type BufferedOptions, bufferedFields } from '../parts/buffered-options.js';

/** Options of {@link tensorDash}. */
export interface TensorDashOptions extends BufferedOptions {
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
}

/** The schema of a TensorDash spec: strict, so that a misspelt option is an error. */
export const tensorDashSchema = z
  .strictObject({
    kind: z.literal('tensorDash').default('tensorDash'),
    ...specFields,
    name: specFields.name.default('tensordash'),
    tiles: count(1024, 4),
    tileRows: count(32, 4),
    tileCols: count(32, 4),
    skip: z.enum(['both', 'oneSide']).default('both'),
    ...bufferedFields,
  })
  .refine(({ tileRows, tileCols }) => tileRows * tileCols <= 32, {
    path: ['tileCols'],
    error: 'at most 32 processing elements in a tile, tileRows * tileCols',
  });

/** The spec of a TensorDash, defaults filled in. */
export type TensorDashSpec = z.infer<typeof tensorDashSchema>;
