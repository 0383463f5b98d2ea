import * as z from 'zod';
import { count, specFields } from '../check-spec.js';
import type { AcceleratorSpec, EnergyTable } from '../contracts.js';
import { connectionFault, inScanOrder, selectBits, tacticalConnections } from './connections.js';

/** Options of {@link dadiannao}: the array and its memories. */
export interface DadiannaoOptions {
  /** Label in reports and keys. @default 'dadiannao' */
  readonly name?: string;
  /** Tiles, each with a set of filters of its own: 1 to 1024. @default 4 */
  readonly tiles?: number;
  /** Processing elements of a tile, a filter each: 1 to 256. @default 16 */
  readonly filters?: number;
  /** Multipliers of a processing element, consecutive channels of its filter: 1 to 64. @default 16 */
  readonly lanes?: number;
  /** Windows that a tile works on at a time, with a multiplier for each: 1 to 64. @default 1 */
  readonly windows?: number;
  /** Activation memory of all tiles in KB: one half for the input of a layer, one for its output. @default 4096 */
  readonly activationMemoryKb?: number;
  /** Weight memory of all tiles in KB: one half is filled while the other is used. @default 256 */
  readonly weightMemoryKb?: number;
  /** Activations that share a precision off chip: 1 to 1024. @default 16 */
  readonly activationGroup?: number;
  /**
   * Bits of the activations of a group that is not all zero, 1 to 32, and at most those of a value: maps of non-zeros do not tell.
   * @default 32
   */
  readonly activationBits?: number;
  /** Off-chip bandwidth, bytes per cycle. @default 64 */
  readonly dramBytesPerCycle?: number;
  /** Width of a value, in bytes: 1, 2 or 4. 003 has 2. @default 4 */
  readonly bytesPerValue?: 1 | 2 | 4;
  /** Clock in GHz: leakage per cycle goes with its inverse. @default 1 */
  readonly clockGhz?: number;
  /** Energy table, or the name of one. @default '45nm' */
  readonly energyTable?: string | EnergyTable;
  /** Where constants come from, by field. @default for values that are a preset's, the preset's source */
  readonly sources?: Readonly<Record<string, string>>;
}

/** Options of {@link tactical}: those of the array, and the front end. */
export interface TacticalOptions extends DadiannaoOptions {
  /** Label in reports and keys. @default 'tactical-t8-2-5' */
  readonly name?: string;
  /** `T`, the trident of 003; `L`; or `custom` for `connections` of one's own. @default 'T' */
  readonly shape?: 'L' | 'T' | 'custom';
  /** h, rows of the window ahead, and empty rows that can be skipped in a row: 0 to 7. @default 2 */
  readonly lookahead?: number;
  /** d, sources in other lanes: 0 to 30; of no effect on `custom` connections. @default 5 */
  readonly lookaside?: number;
  /** Sources of a slot as [rows ahead, lanes aside], each inside the window; for the shape `custom`, else empty. @default [] */
  readonly connections?: readonly (readonly [ahead: number, aside: number])[];
  /** In which order a slot tries its sources; see {@link inScanOrder}. @default 'by-row' */
  readonly scan?: 'by-row' | 'lookahead-first' | 'lookaside-first' | 'listed';
  /** Which slot is filled first; see {@link ScheduleOptions}. @default 'least-flexible-first' */
  readonly policy?: 'least-flexible-first' | 'most-flexible-first' | 'greedy';
  /** The filters of a tile skip rows together, or each for itself and wait for each other only at the end. @default 'tile' */
  readonly synchronise?: 'tile' | 'pe';
  /** Filters of like length share a tile (reordered before the run, at no cost), where that is faster. @default false */
  readonly filterShuffling?: boolean;
  /** How the bits that choose a source are counted; see {@link selectBits}. @default 'repaired' */
  readonly selects?: 'repaired' | 'peer';
  /**
   * `dense`: both operands are made at run time and a schedule in software would come too late. `errors`: E is scheduled as if it were
   * known before, which bounds what a scheduler in hardware could do. @default 'dense'
   */
  readonly weightGradient?: 'dense' | 'errors';
}

const arrayFields = {
  ...specFields,
  tiles: count(1024, 4),
  filters: count(256, 16),
  lanes: count(64, 16),
  windows: count(64, 1),
  activationMemoryKb: z.number().positive().default(4096),
  weightMemoryKb: z.number().positive().default(256),
  activationGroup: count(1024, 16),
  activationBits: count(32, 32),
  dramBytesPerCycle: z.number().positive().default(64),
  bytesPerValue: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(4),
  clockGhz: z.number().positive().default(1),
};

/** The schema of a DaDianNao++ spec: strict, so that a misspelt option is an error. */
export const dadiannaoSchema = z.strictObject({
  kind: z.literal('dadiannao').default('dadiannao'),
  ...arrayFields,
  name: specFields.name.default('dadiannao'),
});

/** The schema of a tactical spec. */
export const tacticalSchema = z
  .strictObject({
    kind: z.literal('tactical').default('tactical'),
    ...arrayFields,
    name: specFields.name.default('tactical-t8-2-5'),
    shape: z.enum(['L', 'T', 'custom']).default('T'),
    lookahead: count(7, 2, 0),
    lookaside: count(30, 5, 0),
    connections: z
      .array(z.tuple([z.int(), z.int()], { error: '[rows ahead, lanes aside], such as [1, -1]' }))
      .max(64)
      .default([]),
    scan: z.enum(['by-row', 'lookahead-first', 'lookaside-first', 'listed']).default('by-row'),
    policy: z.enum(['least-flexible-first', 'most-flexible-first', 'greedy']).default('least-flexible-first'),
    synchronise: z.enum(['tile', 'pe']).default('tile'),
    filterShuffling: z.boolean().default(false),
    selects: z.enum(['repaired', 'peer']).default('repaired'),
    weightGradient: z.enum(['dense', 'errors']).default('dense'),
  })
  .refine(({ lookahead, lookaside }) => lookahead > 0 || lookaside === 0, {
    path: ['lookahead'],
    error: 'at least 1 where there is lookaside: lanes aside are a row ahead',
  })
  .refine(({ shape, connections }) => (shape === 'custom') === connections.length > 0, {
    path: ['connections'],
    error: 'a list of [ahead, aside] with shape: custom, and none with another shape',
  })
  .superRefine((spec, context) => {
    if (context.issues.length > 0) return; // no list can be made of these
    const [path, list] =
      spec.shape === 'custom'
        ? (['connections', spec.connections] as const)
        : (['lookaside', tacticalConnections(spec.shape, spec.lookahead, spec.lookaside)] as const);
    const fault = connectionFault(list, spec.lookahead, spec.lanes);
    if (fault === undefined) return;
    const fix =
      path === 'connections'
        ? 'leave that one out'
        : 'lower lookaside, or list sources of your own: shape: custom with connections';
    context.addIssue({ code: 'custom', path: [path], message: fault, params: { got: spec[path], fix } });
  });

/** The spec of a DaDianNao++, defaults filled in: what both kinds have. */
export type RowArraySpec = Omit<z.infer<typeof dadiannaoSchema>, 'kind'> & AcceleratorSpec;

/** The spec of an array behind the front end, defaults filled in. */
export type TacticalSpec = z.infer<typeof tacticalSchema>;

/** The connections of a spec, in the order in which a slot tries them. */
export function connectionsOf({ shape, lookahead, lookaside, connections, scan }: TacticalSpec) {
  return inScanOrder(shape === 'custom' ? connections : tacticalConnections(shape, lookahead, lookaside), scan);
}

/** Bits of metadata: of a slot, the source of its weight; of a row, by how many rows the activation buffer moves on. */
export function metadataBits(spec: TacticalSpec): { readonly selectBits: number; readonly advanceBits: number } {
  return {
    selectBits: selectBits(connectionsOf(spec).length, spec.selects),
    advanceBits: Math.ceil(Math.log2(spec.lookahead + 1)),
  };
}
