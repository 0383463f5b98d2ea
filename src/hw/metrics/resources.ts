import { tableOf } from '../check-spec.js';
import type { AcceleratorSpec, EnergyTable } from '../contracts.js';
import { type OwnResources, registry } from '../registry.js';

/** What an accelerator has to work with. */
export interface Resources extends OwnResources {
  readonly dramBytesPerCycle: number;
  readonly clockGhz: number;
  /** Name of the energy table. */
  readonly energyTable: string;
}

/** As reports name them. */
const names = {
  units: 'units',
  dramBytesPerCycle: 'DRAM bytes per cycle',
  sramKb: 'SRAM',
  valueBits: 'value width',
  clockGhz: 'clock',
  energyTable: 'energy table',
} as const satisfies Record<keyof Resources, string>;

/**
 * The resources of an accelerator: only at equal ones is a ratio between two accelerators one between their designs.
 *
 * @param spec as `acf().spec` holds it, with all defaults filled in.
 * @returns undefined for a kind that is not in the {@link registry}.
 * @example
 * ```ts
 * resourcesOf(acf().spec)?.units; // 1024
 * resourcesOf(scnn().spec)?.sramKb; // 1280
 * ```
 */
export function resourcesOf(spec: AcceleratorSpec): Resources | undefined {
  if (!Object.hasOwn(registry, spec.kind)) return undefined;
  const { dramBytesPerCycle, clockGhz, energyTable } = spec as AcceleratorSpec & SharedFields;
  return { ...registry[spec.kind].resources(spec), dramBytesPerCycle, clockGhz, energyTable: tableOf(energyTable).name };
}

interface SharedFields {
  readonly dramBytesPerCycle: number;
  readonly clockGhz: number;
  readonly energyTable: string | EnergyTable;
}

/**
 * The resources in which accelerators differ, by name; those that are not known are left out.
 *
 * @example
 * ```ts
 * unequalResources([acf().spec, acf({sramKb: 512, clockGhz: 2}).spec]); // ['SRAM', 'clock']
 * ```
 */
export function unequalResources(specs: readonly AcceleratorSpec[]): string[] {
  const all = specs.map(resourcesOf).filter((known) => known !== undefined);
  const fields = Object.keys(names) as (keyof Resources)[];
  return fields.filter((field) => all.some((one) => one[field] !== all[0][field])).map((field) => names[field]);
}
