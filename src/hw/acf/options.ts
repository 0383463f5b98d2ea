import * as z from 'zod';
import { count, specFields } from '../check-spec.js';
import type { AcceleratorSpec, EnergyTable } from '../contracts.js';
import { type BufferedOptions, bufferedFields } from '../parts/buffered-options.js';

/** Options of {@link acf}. The paper gives none of these numbers: all defaults are this model's (ledger 1.1.1). */
export interface AcfOptions extends BufferedOptions {
  /** Label in reports and keys. @default 'acf' */
  readonly name?: string;
  /** Rows of the array of sparse processing elements (SPE), 1 to 1024. @default 32 */
  readonly rows?: number;
  /** Columns of the array, 1 to 1024. @default 32 */
  readonly cols?: number;
  /**
   * What the SPEs do with zeros (ledger E1): `gate` saves their energy but not their slot, `skipOneSide` issues no slot where the sparser
   * operand is zero, `skipBoth` none where either is. @default 'skipBoth'
   */
  readonly zeroDetection?: 'gate' | 'skipOneSide' | 'skipBoth';
  /**
   * SPEs that one word reaches in one cycle: the out-degree of the interconnect graph and the radix of its switches. A word costs the
   * energy of all the links of its group. @default 8
   */
  readonly fanOut?: number;
  /** Words that each of the two distribution networks (inputs, kernels) accepts per cycle. @default 128 */
  readonly injectors?: number;
  /**
   * Words per cycle over the link to one fan-out group. The networks are fat trees: a link further up is as wide as those behind it
   * together. Ideal: as many as `injectors`. @default 1
   */
  readonly linkWords?: number;
  /**
   * Banks of each operand's part of the buffer, each with `max(1, injectors / banks)` words per cycle. Ideal: 1, a memory of `injectors`
   * ports.
   * @default 32
   */
  readonly banks?: number;
  /**
   * Depth of the SPEs' operand queues: no SPE runs further ahead of another than so many reduction indices (OS) or streamed vectors
   * (WS, IS). A multiple of 32; ideal: the longest reduction and batch. @default 128
   */
  readonly queueDepth?: number;
  /** Partial sums that a lane of WS or IS moves to its accumulators per cycle; in OS the SPEs accumulate. Ideal: `queueDepth`. @default 4 */
  readonly accumulatorPorts?: number;
  /** Words that the sparse memory controller writes per cycle, in the format of their row, to any banks. Ideal: many. @default 16 */
  readonly writeWords?: number;
  /**
   * False wires the interconnect for one dataflow, which `dataflow` then names: nothing is ever reconfigured, and the wanted outputs of a
   * weight gradient are not packed, as that takes other routes. @default true
   */
  readonly reconfigurable?: boolean;
  /** B_cfg, switches that can be set per cycle (ledger E3). @default 64 */
  readonly switchesPerCycle?: number;
  /** T_fixed, cycles of any reconfiguration: the array drains (ledger E3). @default 64, rows + cols of the default array */
  readonly reconfigurationCycles?: number;
  /** Width of a stored column index, in bits, 1 to 31. Longer rows are stored in pieces. @default 12 */
  readonly indexBits?: number;
  /**
   * How the sparse memory controller stores weights. `csr` is what 000 says ("modified CSR"): it is larger than dense storage below 27 %
   * zeros at the default widths, which flatters pruning. `rows`: as all other tensors, each row of an output channel in the smallest format,
   * dense among them (ledger E5). @default 'csr'
   */
  readonly weightFormat?: 'csr' | 'rows';
  /**
   * False takes the sparse memory controller away: tensors are stored dense, and as nothing is gathered, zeros can only be gated.
   * @default true
   */
  readonly sparseMemoryController?: boolean;
  /** One dataflow for all works, or a choice per layer and phase. @default 'dynamic' */
  readonly dataflow?: 'dynamic' | 'WS' | 'OS' | 'IS';
  /** What the choice makes small: energy (as printed, ledger E10), cycles, or the sum over works of energy times cycles. @default 'edp' */
  readonly objective?: 'energy' | 'delay' | 'edp';
  /** How it chooses: work by work (as printed), or the best sequence of a whole step (ledger section 4, 19). @default 'viterbi' */
  readonly scheduler?: 'greedy' | 'viterbi';
  /** Energy table, or the name of one. It decides the dataflow, too. @default '45nm' */
  readonly energyTable?: string | EnergyTable;
}

const acfFields = z.strictObject({
  kind: z.literal('acf').default('acf'),
  ...specFields,
  name: specFields.name.default('acf'),
  rows: count(1024, 32),
  cols: count(1024, 32),
  zeroDetection: z.enum(['gate', 'skipOneSide', 'skipBoth']).default('skipBoth'),
  fanOut: count(1024, 8),
  injectors: count(1_048_576, 128),
  linkWords: count(1_048_576, 1),
  banks: count(1024, 32),
  queueDepth: z.int().min(32).max(1_073_741_824).multipleOf(32, { error: 'a multiple of 32' }).default(128),
  accumulatorPorts: count(1_073_741_824, 4),
  writeWords: count(1_048_576, 16),
  reconfigurable: z.boolean().default(true),
  switchesPerCycle: z.int().min(1).default(64),
  reconfigurationCycles: z.int().min(0).default(64),
  ...bufferedFields,
  indexBits: count(31, 12),
  weightFormat: z.enum(['csr', 'rows']).default('csr'),
  sparseMemoryController: z.boolean().default(true),
  dataflow: z.enum(['dynamic', 'WS', 'OS', 'IS']).default('dynamic'),
  objective: z.enum(['energy', 'delay', 'edp']).default('edp'),
  scheduler: z.enum(['greedy', 'viterbi']).default('viterbi'),
});

/** The schema of an ACF spec: strict, so that a misspelt option is an error. */
export const acfSchema = acfFields.refine((spec) => spec.reconfigurable || spec.dataflow !== 'dynamic', {
  path: ['dataflow'],
  error: 'WS, OS or IS: an interconnect that is not reconfigurable has one',
});

/** The spec of an ACF, defaults filled in. */
export type AcfSpec = z.infer<typeof acfSchema> & AcceleratorSpec;
