import * as z from 'zod';
import { count, specFields } from '../check-spec.js';
import type { AcceleratorSpec, EnergyTable } from '../contracts.js';

/** Options of {@link scnn}. */
export interface ScnnOptions {
  /** Label in reports and keys. @default 'scnn' */
  readonly name?: string;
  /** Rows of the grid of processing elements, over which the height of a map is split: 1 to 64. @default 8 */
  readonly peRows?: number;
  /** Columns of the grid, over which the width of a map is split: 1 to 64. @default 8 */
  readonly peCols?: number;
  /** I, activations that a processing element multiplies per cycle: 1 to 8. @default 4 */
  readonly activationVector?: number;
  /** F, weights that each of them is multiplied by per cycle: 1 to 8, and I * F at most 36. @default 4 */
  readonly weightVector?: number;
  /** Partial sums that a processing element holds; they decide how many filters share a pass. @default 6144 */
  readonly accumulatorEntries?: number;
  /** Accumulator banks of a processing element, each adding one product per cycle: 1 to 32. @default 32 */
  readonly banks?: number;
  /**
   * How a strided convolution pairs activations with weights: `repaired` by equal remainders on padded coordinates, `peer` as the public
   * simulator does, so that its counters are met exactly (it also divides the width of a tile by the wrong side of the grid, so that it
   * takes no grid of more rows than columns).
   * @default 'repaired'
   */
  readonly pairing?: 'repaired' | 'peer';
  /** RAM of a processing element for input activations, and as much again for output activations, in KB. @default 10 */
  readonly activationRamKb?: number;
  /** Width of a zero run in the stored form of a tensor, in bits, 1 to 16. @default 4 */
  readonly runBits?: number;
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

/** The schema of an SCNN spec: strict, so that a misspelt option is an error. */
export const scnnSchema = z
  .strictObject({
    kind: z.literal('scnn').default('scnn'),
    ...specFields,
    name: specFields.name.default('scnn'),
    peRows: count(64, 8),
    peCols: count(64, 8),
    activationVector: count(8, 4),
    weightVector: count(8, 4),
    accumulatorEntries: count(1_048_576, 6144),
    banks: count(32, 32),
    pairing: z.enum(['repaired', 'peer']).default('repaired'),
    activationRamKb: z.number().positive().default(10),
    runBits: count(16, 4),
    dramBytesPerCycle: z.number().positive().default(64),
    bytesPerValue: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(4),
    clockGhz: z.number().positive().default(1),
  })
  // The outer products keep the cycles of each pair of vectors: 9 MB at 6 x 6, 166 MB at 8 x 8.
  .refine(({ activationVector, weightVector }) => activationVector * weightVector <= 36, {
    path: ['weightVector'],
    error: 'at most 36 products a cycle, activationVector * weightVector',
  })
  .refine(({ pairing, peRows, peCols }) => pairing !== 'peer' || peRows <= peCols, {
    path: ['peRows'],
    error: "at most peCols with pairing 'peer', whose tiles leave places out else; 'repaired' takes any grid",
  });

/** The spec of an SCNN, defaults filled in. */
export type ScnnSpec = z.infer<typeof scnnSchema> & AcceleratorSpec;
