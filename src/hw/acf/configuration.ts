import { popcount } from '../bits.js';
import type { Dataflow } from '../systolic.js';
import type { AcfSpec } from './options.js';

/** The enabled connections A_t between SPEs (ledger E3): one bit per possible connection, four kinds of each SPE. */
export type Configuration = Uint32Array;

/** What a change of configuration takes. */
export interface Reconfiguration {
  readonly switches: number;
  readonly cycles: number;
}

/**
 * The connections of a dataflow whose array columns (IS: rows) are occupied `extents` deep. The first SPE of a fan-out group passes
 * operands on to the others: along the row (OS inputs, WS inputs), down the column (OS and IS kernels). Stationary operands add their
 * products up from SPE to SPE: down the column (WS), along the row (IS). Each SPE thus feeds at most `fanOut` others on each network.
 */
export function configurationOf(dataflow: Dataflow, extents: Uint32Array, { rows, cols, fanOut }: AcfSpec): Configuration {
  const units = rows * cols;
  const connections = new Uint32Array(Math.ceil((4 * units) / 32));
  const [inputAlongRow, kernelDownColumn, sumDownColumn, sumAlongRow] = [0, units, 2 * units, 3 * units];
  const [acrossLanes, alongLane] = dataflow === 'IS' ? [kernelDownColumn, sumAlongRow] : [inputAlongRow, sumDownColumn];
  const [laneStep, step] = dataflow === 'IS' ? [cols, 1] : [1, cols];
  for (let lane = 0; lane < extents.length; lane++) {
    const first = lane * laneStep;
    const extent = extents[lane];
    if (lane % fanOut !== 0) connect(connections, acrossLanes + first, step, extent);
    if (dataflow !== 'OS') {
      connect(connections, alongLane + first + step, step, extent - 1);
      continue;
    }
    for (let group = 0; group < extent; group += fanOut) {
      connect(connections, kernelDownColumn + first + (group + 1) * step, step, Math.min(fanOut, extent - group) - 1);
    }
  }
  return connections;
}

function connect(connections: Uint32Array, first: number, step: number, count: number): void {
  for (let i = 0, bit = first; i < count; i++, bit += step) connections[bit >>> 5] |= 1 << (bit & 31);
}

/**
 * What it takes to change from one configuration to another: `switches = sum |A_t - A_(t-1)|`,
 * `cycles = T_fixed + ceil(switches / B_cfg)`, nothing where nothing changes (ledger E3).
 */
export function reconfigure(from: Configuration, to: Configuration, parameters: AcfSpec): Reconfiguration {
  let switches = 0;
  for (let i = 0; i < to.length; i++) switches += popcount(from[i] ^ to[i]);
  if (switches === 0) return { switches, cycles: 0 };
  return { switches, cycles: parameters.reconfigurationCycles + Math.ceil(switches / parameters.switchesPerCycle) };
}

/** The change in which every connection changes. */
export function dearestChange({ rows, cols, reconfigurationCycles, switchesPerCycle }: AcfSpec): Reconfiguration {
  const switches = 4 * rows * cols;
  return { switches, cycles: reconfigurationCycles + Math.ceil(switches / switchesPerCycle) };
}

/** The configuration at power-on: nothing is connected. */
export function emptyConfiguration({ rows, cols }: AcfSpec): Configuration {
  return new Uint32Array(Math.ceil((4 * rows * cols) / 32));
}
