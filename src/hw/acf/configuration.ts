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
export function configurationOf(dataflow: Dataflow, extents: Uint32Array, parameters: AcfSpec): Configuration {
  const { rows, cols, fanOut } = parameters;
  const units = rows * cols;
  const connections = new Uint32Array(Math.ceil((4 * units) / 32));
  const connect = (kind: number, row: number, col: number) => {
    const bit = kind * units + row * cols + col;
    connections[bit >> 5] |= 1 << (bit & 31);
  };
  const [inputAlongRow, kernelDownColumn, sumDownColumn, sumAlongRow] = [0, 1, 2, 3];
  extents.forEach((extent, lane) => {
    for (let place = 0; place < extent; place++) {
      const [row, col] = dataflow === 'IS' ? [lane, place] : [place, lane];
      if (dataflow !== 'IS' && col % fanOut !== 0) connect(inputAlongRow, row, col);
      if (dataflow !== 'WS' && row % fanOut !== 0) connect(kernelDownColumn, row, col);
      if (dataflow === 'WS' && row > 0) connect(sumDownColumn, row, col);
      if (dataflow === 'IS' && col > 0) connect(sumAlongRow, row, col);
    }
  });
  return connections;
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
