import { SparsityError } from '../../errors.js';
import type { EnergyTable } from '../contracts.js';

/**
 * Supply voltage by technology node in nm: the one assumption that scaling rests on (a usual value per node; no paper gives any).
 */
const volts: Readonly<Record<number, number>> = { 90: 1.1, 65: 1, 45: 0.9, 28: 0.85, 16: 0.8, 7: 0.7 };

/**
 * An energy table at another technology node: every action on the chip by `(n / n0) (V / V0)^2`, with V the supply voltage of the
 * node; off-chip memory does not scale. From 45 nm: 1.78 at 65 nm, 0.28 at 16 nm. A rule of thumb, for the declared comparison of
 * designs of one node only.
 *
 * @param nodeNm one of 90, 65, 45, 28, 16 and 7.
 * @throws SparsityError when no supply voltage is known for a node.
 * @example
 * ```ts
 * scaleEnergyTable(energy45nm(), 16).actions.multiplyFp32.pj; // 1.039: 3.7 * 16/45 * (0.8/0.9)^2
 * ```
 */
export function scaleEnergyTable(table: EnergyTable, nodeNm: number): EnergyTable {
  const factor = (nodeNm / table.nodeNm) * (voltsAt(nodeNm) / voltsAt(table.nodeNm)) ** 2;
  const rule = `scaled from ${table.nodeNm} nm by ${factor.toFixed(4)}: node times voltage squared`;
  const actions = Object.entries(table.actions).map(([name, action]) => {
    const scaled = { ...action, pj: action.pj * factor, source: `${action.source}; ${rule}` };
    return [name, action.component === 'dram' ? action : scaled];
  });
  const old = `${table.nodeNm}nm`;
  return {
    name: table.name.includes(old) ? table.name.replace(old, `${nodeNm}nm`) : `${table.name}-${nodeNm}nm`,
    nodeNm,
    source: `${table.source}; ${rule}`,
    actions: Object.fromEntries(actions),
  };
}

function voltsAt(nodeNm: number): number {
  if (Object.hasOwn(volts, nodeNm)) return volts[nodeNm];
  throw new SparsityError({
    what: 'technology node in nm',
    got: nodeNm,
    expected: `one of ${Object.keys(volts).join(', ')}`,
    fix: 'pass 16 for the node of 001',
  });
}
