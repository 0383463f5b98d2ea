import { SparsityError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import type { EnergyBreakdown, EnergyTable, StepCounts, WorkCounts } from '../contracts.js';

/**
 * Energy of what an accelerator did: sum over actions of count * price, in all and by component. Linear in the counts, so that energies
 * of works add to that of a step.
 *
 * @param counts of one work or of a whole step.
 * @throws SparsityError when the table does not price an action.
 * @example
 * ```ts
 * price({actions: {multiplyFp32: 10, addFp32: 10}}, energy45nm()).totalPj; // 46
 * ```
 */
export function price(counts: Pick<WorkCounts, 'actions'> | StepCounts, table: EnergyTable): EnergyBreakdown {
  const byComponentPj: Record<string, number> = {};
  let totalPj = 0;
  for (const { actions } of 'works' in counts ? counts.works : [counts]) {
    for (const [action, count] of Object.entries(actions)) {
      if (!Object.hasOwn(table.actions, action)) unknown(action, table);
      const { pj, component } = table.actions[action];
      byComponentPj[component] = (byComponentPj[component] ?? 0) + count * pj;
      totalPj += count * pj;
    }
  }
  return { totalPj, byComponentPj };
}

function unknown(action: string, table: EnergyTable): never {
  const names = Object.keys(table.actions);
  throw new SparsityError({
    what: `action priced by energy table ${table.name}`,
    got: action,
    expected: names.join(', '),
    fix: nearest(action, names),
  });
}
