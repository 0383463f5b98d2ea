import { bytesOf, type StoredWork } from './traffic.js';

/** Where the words of a tensor go: how many PEs hold one, and the links that it takes to reach them all. */
export interface Route {
  readonly copies: number;
  readonly hops: number;
}

/** The routes of the three tensors of a work. */
export type Routes = Readonly<Record<keyof StoredWork, Route>>;

/** To PEs next to each other: the mean distance to the first, a link more for each other one. */
export function toNeighbours(copies: number, meanHops: number): Route {
  return { copies, hops: meanHops + copies - 1 };
}

/** To, or from, PEs apart from each other: the mean distance for each. */
export function toEach(copies: number, meanHops: number): Route {
  return { copies, hops: meanHops * copies };
}

/** Words of 32 bits that distribution and collection move: over links, out of and into the global buffer, and into and out of PE SRAMs. */
export function networkWords(stored: StoredWork, routes: Routes): { hops: number; bufferWords: number; peWords: number } {
  const sum = { hops: 0, bufferWords: 0, peWords: 0 };
  for (const tensor of ['input', 'kernel', 'output'] as const) {
    const words = bytesOf(stored[tensor]) / 4;
    const { copies, hops } = routes[tensor];
    sum.hops += words * hops;
    sum.bufferWords += words * (tensor === 'output' ? copies : 1);
    sum.peWords += words * copies;
  }
  return sum;
}
