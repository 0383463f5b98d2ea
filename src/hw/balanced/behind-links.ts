import { torus } from '../parts/interconnect/torus.js';
import type { FrameSpec } from './options.js';
import { sum } from './sum.js';
import type { Execution } from './work-counts.js';

/**
 * An execution that lasts until its words are over the links, too, where these take only so many per cycle: all links are equally busy,
 * and words move while others are multiplied. Without `linkWords` the network takes no time.
 */
export function behindLinks<Kind extends Execution>(execution: Kind, spec: FrameSpec): Kind {
  const { linkWords } = spec;
  if (linkWords === undefined) return execution;
  const { cycles, idle, actions } = execution;
  const hops = actions.nocHop ?? 0;
  const busy = hops > 0 ? Math.ceil(hops / (torusLinks(spec) * linkWords)) : 0;
  const waiting = Math.max(0, busy - cycles);
  return { ...execution, cycles: cycles + waiting, idle: { ...idle, network: spec.pes * spec.multipliers * waiting } };
}

/** Links of the torus by direction: one from each router to each neighbour, 256 of 8 x 8. */
function torusLinks({ torusRows, torusCols, pes }: FrameSpec): number {
  const { neighbours } = torus({ rows: torusRows, cols: torusCols, units: pes });
  return sum(Array.from({ length: pes }), (_, pe) => neighbours(pe).length);
}
