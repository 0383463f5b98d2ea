import { tableOf } from '../check-spec.js';
import type { AcceleratorSpec, EnergyTable } from '../contracts.js';
import { type OwnResources, registry } from '../registry.js';
import { areasOf } from './areas.js';

/** What an accelerator has to work with. */
export interface Resources extends OwnResources {
  readonly dramBytesPerCycle: number;
  readonly clockGhz: number;
  /** Name of the energy table. */
  readonly energyTable: string;
  /** What its mm2 are: of `45 nm`, or of `16 nm without SRAM`; null where no area is declared. Only equal ones can be compared. */
  readonly areaBasis: string | null;
}

/** As reports name them. */
const names = {
  units: 'units',
  dramBytesPerCycle: 'DRAM bytes per cycle',
  sramKb: 'SRAM',
  valueBits: 'value width',
  clockGhz: 'clock',
  energyTable: 'energy table',
  areaBasis: 'area basis',
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
 * resourcesOf(balanced().spec)?.areaBasis; // '16 nm without SRAM'
 * ```
 */
export function resourcesOf(spec: AcceleratorSpec): Resources | undefined {
  if (!Object.hasOwn(registry, spec.kind)) return undefined;
  const { dramBytesPerCycle, clockGhz, energyTable } = spec as AcceleratorSpec & SharedFields;
  const areas = areasOf(spec);
  const areaBasis = areas ? `${areas.nodeNm} nm${areas.withSram ? '' : ' without SRAM'}` : null;
  return {
    ...registry[spec.kind].resources(spec),
    dramBytesPerCycle,
    clockGhz,
    energyTable: tableOf(energyTable).name,
    areaBasis,
  };
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
  return fields
    .filter((field) => new Set(all.map((one) => one[field]).filter((value) => value !== null)).size > 1)
    .map((field) => names[field]);
}
