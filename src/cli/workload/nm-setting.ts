import { SparsityError } from '../../errors.js';
import type { Network, SyntheticNm } from '../../hw/index.js';
import { takesNm } from '../../hw/synthetic/nm-record.js';
import type { NetworkWorkload, Workload } from './workload.js';

/** What goes with N:M: its methods prune nothing else, and keep dense masters. */
export const besideNm = { nmPasses: 'both', weightSparsity: 0, pruned: 'dense-master' } as const;

/** Whether a text is `2:8` or alike. */
export function isNm(text: string): boolean {
  const [, n, m] = /^(\d+):(\d+)$/.exec(text)?.map(Number) ?? [];
  return n >= 1 && n < m;
}

/**
 * Refuses what N:M contradicts.
 *
 * @throws SparsityError naming the field.
 */
export function checkNmSettings(workload: Workload, nameOf: (field: string) => string): void {
  if ('run' in workload) return;
  const { nm, nmPasses } = workload;
  if (nm === undefined) {
    if (nmPasses === undefined) return;
    const [what, expected] = [nameOf('nmPasses'), `nothing without ${nameOf('nm')}`];
    throw new SparsityError({ what, got: nmPasses, expected, fix: `write ${nameOf('nm')} 2:8, or leave it out` });
  }
  for (const field of ['weightSparsity', 'pruned'] as const) {
    if (workload[field] === besideNm[field]) continue;
    const expected = `nothing besides ${nameOf('nm')} ${nm}, which tells what is pruned`;
    throw new SparsityError({ what: nameOf(field), got: workload[field], expected, fix: 'leave out either of them' });
  }
}

/** The N:M of a workload, as records are drawn by it. */
export function nmOf({ nm, nmPasses: passes = besideNm.nmPasses }: NetworkWorkload): SyntheticNm | undefined {
  if (nm === undefined) return undefined;
  const [n, m] = nm.split(':').map(Number);
  return { n, m, passes };
}

const thinned = {
  both: 'W along the inputs forward, along the outputs back',
  forward: 'W along the inputs, forward and back',
  backward: 'W along the outputs, back only',
  errors: 'E along the outputs, back only',
} as const;

/** What is N:M, and what stays dense. */
export function nmCondition({ n, m, passes }: SyntheticNm, network: Network): string {
  const countOf = (layers: Network['layers']) => new Set(layers.map(({ name }) => name)).size;
  const taking = countOf(network.layers.filter((layer) => takesNm(network, layer, m)));
  return `${n}:${m} besides, in ${taking} of ${countOf(network.layers)} layers: ${thinned[passes]}; not in the first layer, the last, products of activations, layers of groups or of fewer than ${m} channels`;
}
