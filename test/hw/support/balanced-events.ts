import type { GemmWork } from 'tfjs-sparsity/hw';
import { metPairs, type SlowUnit, slowUnits, splitPositions } from './line-units.js';

/** What a PE is given, and what it does with it when nobody steals. */
export interface PeEvents {
  products: number;
  rowPairs: number;
  units: SlowUnit[];
  cycles: number;
  batches: number;
  /** Slots of batches that left while row pairs were still being matched, or after the last product. */
  empty: number;
}

/** Geometry that the reference needs; partitions are lists of PEs. */
export interface EventGeometry {
  readonly partitions: readonly (readonly number[])[];
  /** Positions (row, image of the batch) where the bands begin, and the end. */
  readonly bounds: readonly number[];
  readonly multipliers: number;
  readonly rowPairsPerCycle: number;
  readonly interval: number;
}

/** Deals the units of a work to the PEs one by one, and runs each PE cycle by cycle. Slow on purpose. */
export function balancedEvents(work: GemmWork, geometry: EventGeometry): PeEvents[] {
  const units = slowUnits(work);
  const images = splitPositions(work);
  const kernels = Math.max(...units.map(({ kernel }) => kernel)) + 1;
  const find = new Map(units.map((unit) => [`${unit.kernel} ${unit.row} ${unit.image}`, unit]));
  const pes: PeEvents[] = geometry.partitions.flat().map(() => ({
    ...{ products: 0, rowPairs: 0, units: [], cycles: 0, batches: 0, empty: 0 },
  }));
  geometry.partitions.forEach((members, partition) => {
    const first = geometry.bounds[partition];
    for (let position = first; position < geometry.bounds[partition + 1]; position++) {
      const [row, image] = [Math.floor(position / images.length), images[position % images.length]];
      for (let kernel = 0; kernel < kernels; kernel++) {
        const pe = members[(kernel + position - first) % members.length];
        pes[pe].units.push(find.get(`${kernel} ${row} ${image}`) as SlowUnit);
      }
    }
  });
  for (const pe of pes) runPe(pe, geometry);
  return pes;
}

function runPe(pe: PeEvents, { multipliers, rowPairsPerCycle, interval }: EventGeometry): void {
  const pairs = pe.units.flatMap(metPairs);
  pe.rowPairs = pairs.length;
  pe.products = pairs.reduce((sum, { products }) => sum + products, 0);
  let toMatch = pe.rowPairs;
  let toMultiply = pe.products;
  while (toMatch > 0 || toMultiply > 0) {
    for (let cycle = 0; cycle < interval; cycle++) toMatch -= rowPairsPerCycle;
    const batch = Math.min(multipliers, toMultiply);
    toMultiply -= batch;
    pe.empty += multipliers - batch;
    pe.batches++;
    pe.cycles += interval;
  }
}
