import { SparsityError } from '../../errors.js';
import type { Connection } from '../../kernels/index.js';
import { nearest } from '../../nearest.js';
import { checkChoice } from '../parts/checks.js';

/** The families of connections of 003: a line back along the rows, or a trident that opens to both sides. */
export type ConnectionShape = 'L' | 'T';

/** In which order a slot tries its sources: by rows ahead and then from left to right, or one kind of connection before the other. */
export type ScanOrder = 'by-row' | 'lookahead-first' | 'lookaside-first' | 'listed';

/**
 * The connections of an 8-input multiplexer `<lookahead, lookaside>` and its like (ledger 1.4.2).
 *
 * | shape | lookahead | lookaside |
 * |---|---|---|
 * | L | (1 .. h, 0) | (1, -1), (1, -2) ... |
 * | T | (1 .. h, 0) | (1, 1), (1, -1), (2, 2), (2, -2), (3, 3) ...: one lane further each pair, one row further up to h and then from 1 again |
 *
 * @param lookahead h, rows that a weight may move ahead in its lane: 0 to 7.
 * @param lookaside d, sources in other lanes: 0 to 30.
 * @throws SparsityError for an unknown shape or a number out of range.
 * @example
 * ```ts
 * tacticalConnections('T', 2, 5); // [[1, 0], [2, 0], [1, 1], [1, -1], [2, 2], [2, -2], [1, 3]]
 * ```
 */
export function tacticalConnections(shape: ConnectionShape, lookahead: number, lookaside: number): readonly Connection[] {
  checkChoice('shape of connections', shape, ['L', 'T']);
  checkRange('lookahead', lookahead, 7);
  checkRange('lookaside', lookaside, 30);
  if (lookahead === 0 && lookaside > 0) {
    const fix = 'pass a lookahead of 1, or no lookaside';
    throw new SparsityError({
      what: 'lookaside without lookahead',
      got: lookaside,
      expected: '0: lanes aside are a row ahead',
      fix,
    });
  }
  const ahead = Array.from({ length: lookahead }, (_, i): Connection => [i + 1, 0]);
  const aside = Array.from({ length: lookaside }, (_, i): Connection => {
    if (shape === 'L') return [1, -(i + 1)];
    const pair = Math.floor(i / 2);
    return [(pair % lookahead) + 1, i % 2 === 0 ? pair + 1 : -(pair + 1)];
  });
  return [...ahead, ...aside];
}

/**
 * Connections in the order in which a slot is to try them.
 *
 * @throws SparsityError for an unknown order.
 * @example
 * ```ts
 * inScanOrder([[1, 0], [2, 0], [1, 1], [1, -1]], 'by-row'); // [[1, -1], [1, 0], [1, 1], [2, 0]]
 * ```
 */
export function inScanOrder(connections: readonly Connection[], order: ScanOrder): readonly Connection[] {
  const keys: Record<ScanOrder, (aside: number) => number> = {
    'by-row': () => 0,
    'lookahead-first': (aside) => Number(aside !== 0),
    'lookaside-first': (aside) => Number(aside === 0),
    listed: () => 0,
  };
  if (!Object.hasOwn(keys, order)) {
    const names = Object.keys(keys);
    throw new SparsityError({ what: 'scan order', got: order, expected: names.join(', '), fix: nearest(String(order), names) });
  }
  if (order === 'listed') return connections;
  const kind = keys[order];
  return [...connections].sort((a, b) => kind(a[1]) - kind(b[1]) || a[0] - b[0] || a[1] - b[1]);
}

/**
 * What is wrong with connections for a window of `lookahead` rows ahead and `lanes` lanes, in words; undefined when nothing is: each is
 * one or more rows ahead inside the window, less than a turn aside, and no other one's source: lanes are a ring, so that of four lanes 1
 * aside is -3 aside.
 */
export function connectionFault(connections: readonly Connection[], lookahead: number, lanes: number): string | undefined {
  const seen = new Map<string, string>();
  for (const [ahead, aside] of connections) {
    const name = `[${ahead}, ${aside}]`;
    if (!(Number.isInteger(ahead) && Number.isInteger(aside))) return `integers, not ${name}`;
    if (ahead < 1 || ahead > lookahead) return `1 to ${lookahead} rows ahead, the window of the lookahead: ${name} leaves it`;
    if (Math.abs(aside) >= lanes) return `fewer than ${lanes} lanes aside, as a filter has: ${name} goes around`;
    const source = `${ahead} ${(aside + lanes) % lanes}`;
    const other = seen.get(source);
    if (other === name) return `each connection once: ${name} is there twice`;
    if (other !== undefined) return `each source once: around ${lanes} lanes ${name} is ${other}`;
    seen.set(source, name);
  }
  return undefined;
}

/**
 * Bits that choose the source of a slot: `repaired` ceil(log2(connections + 1)), as a weight may also stay in place; `peer`
 * ceil(log2(connections)), as the public simulator counts, which is too few where their number is a power of two (ledger 1.4.2).
 *
 * @throws SparsityError when the number of connections is no integer of at least 0.
 * @example
 * ```ts
 * selectBits(7); // 3
 * [selectBits(4), selectBits(4, 'peer')]; // [3, 2]
 * ```
 */
export function selectBits(connections: number, count: 'repaired' | 'peer' = 'repaired'): number {
  checkRange('number of connections', connections, 1024);
  checkChoice('count of select bits', count, ['repaired', 'peer']);
  const choices = count === 'repaired' ? connections + 1 : connections;
  return choices > 1 ? Math.ceil(Math.log2(choices)) : 0;
}

function checkRange(what: string, got: number, most: number): void {
  if (Number.isInteger(got) && got >= 0 && got <= most) return;
  throw new SparsityError({ what, got, expected: `an integer from 0 to ${most}`, fix: 'pass 2 and 5 for T8<2,5>' });
}
