import * as z from 'zod';
import type { EnergyTable } from '../contracts.js';

/** Options of an accelerator whose one memory on chip holds input, kernel and output. */
export interface BufferedOptions {
  /**
   * Memory on chip in KB, in equal parts for input, kernel and output, each double buffered. An access costs what the energy table says,
   * at any size: more memory saves traffic and costs area only.
   * @default 384
   */
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

/** Their fields of a schema, but for those that every kind has. */
export const bufferedFields = {
  sramKb: z.number().positive().default(384),
  dramBytesPerCycle: z.number().positive().default(64),
  bytesPerValue: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(4),
  clockGhz: z.number().positive().default(1),
};

/** What of one tensor the memory holds while the next part of it comes in. */
export function bufferBytes({ sramKb }: { readonly sramKb: number }): number {
  return (sramKb * 1024) / 6; // three parts, each double buffered
}
