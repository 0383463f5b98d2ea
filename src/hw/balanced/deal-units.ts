import type { GemmWork } from '../contracts.js';
import type { LineWork } from './line-work.js';
import { type Partitioned, partitionPes } from './partition-pes.js';
import { type PeLoad, shareUnits } from './share-units.js';
import { type Coarse, splitLines, type WorkSplit } from './work-split.js';

/** Who has what to do, by PE. */
export interface DealtUnits {
  readonly loads: readonly PeLoad[];
  readonly partitionOf: readonly number[];
  readonly split: WorkSplit;
}

/** Bands of lines for the partitions, whose units their PEs take in turn. */
export function dealUnits(work: GemmWork, lines: LineWork, machine: Partitioned, coarse: Coarse): DealtUnits {
  const partitions = partitionPes(machine);
  const split = splitLines(
    work,
    lines,
    partitions.map(({ length }) => length),
    coarse,
  );
  const loads = new Array<PeLoad>(machine.pes);
  const partitionOf = new Array<number>(machine.pes);
  partitions.forEach((members, partition) => {
    const shares = shareUnits(lines, split.bounds[partition], split.bounds[partition + 1], members.length);
    members.forEach((pe, i) => {
      loads[pe] = shares[i];
      partitionOf[pe] = partition;
    });
  });
  return { loads, partitionOf, split };
}
