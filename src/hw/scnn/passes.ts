import { SparsityError } from '../../errors.js';
import type { GemmWork } from '../contracts.js';
import { nestPhase } from '../nest-axes.js';
import type { ScnnSpec } from './options.js';
import type { PlaneAxis } from './plane-axis.js';

/** Filters whose partial sums the accumulators hold at a time, and the first of the source channels that they read. */
export interface Pass {
  readonly firstFilter: number;
  readonly endFilter: number;
  readonly firstChannel: number;
}

/** As many filters at a time as the accumulators hold, group by group; the peer goes across groups, and knows two, or depthwise. */
export function passesOf({ nest, layer, phase }: GemmWork, height: PlaneAxis, width: PlaneAxis, spec: ScnnSpec): readonly Pass[] {
  const forward = nestPhase(nest, phase) === 'forward';
  const [sources, filters] = forward ? [nest.inChannels, nest.outChannels] : [nest.outChannels, nest.inChannels];
  const channels = sources / nest.groups;
  const perGroup = filters / nest.groups;
  const together = filtersPerPass(height, width, spec, `layer ${layer}`);
  if (spec.pairing === 'peer' && forward) {
    if (channels === 1 && sources !== 1) return cut(0, filters, 1, (filter) => filter % sources);
    return cut(0, filters, together, (filter) => (filter >= perGroup ? channels : 0));
  }
  return Array.from({ length: nest.groups }, (_, group) =>
    cut(group * perGroup, (group + 1) * perGroup, together, () => group * channels),
  ).flat();
}

function cut(first: number, end: number, together: number, firstChannel: (filter: number) => number): Pass[] {
  return Array.from({ length: Math.ceil((end - first) / together) }, (_, i) => {
    const firstFilter = first + i * together;
    return { firstFilter, endFilter: Math.min(end, firstFilter + together), firstChannel: firstChannel(firstFilter) };
  });
}

/**
 * Kc, the filters for whose outputs in an element's tile the accumulators have room.
 *
 * @throws SparsityError when there is room for none.
 */
export function filtersPerPass(height: PlaneAxis, width: PlaneAxis, spec: ScnnSpec, what: string): number {
  const outputs = Math.ceil(height.outputs / height.elements) * Math.ceil(width.outputs / width.elements);
  const filters = Math.floor(spec.accumulatorEntries / outputs);
  if (filters > 0) return filters;
  throw new SparsityError({
    what: `accumulatorEntries of ${spec.name} for ${what}`,
    got: spec.accumulatorEntries,
    expected: `at least ${outputs}, the outputs of one processing element`,
    fix: 'raise accumulatorEntries, peRows or peCols',
  });
}
