import { checkOptionNames } from '../../../check-options.js';
import { SparsityError } from '../../../errors.js';
import { checkPositive } from '../checks.js';

/** Options of {@link torus}. */
export interface TorusOptions {
  readonly rows: number;
  readonly cols: number;
  /** Processing elements on the network. @default rows * cols */
  readonly units?: number;
  /** Node (row * cols + column) of each unit; needed where units do not fill the network. @default unit i on node i */
  readonly places?: readonly number[];
  /** Pipeline stages of a router, a cycle each. @default 4, as in 001 */
  readonly routerStages?: number;
}

/** A two-dimensional torus: every node has links to four neighbours, around the edges too. */
export interface Torus {
  readonly rows: number;
  readonly cols: number;
  readonly units: number;
  /** Mean hops over all pairs of nodes, a node with itself among them: per axis k/4 for even k, (k^2 - 1) / 4k for odd k. */
  readonly meanHops: number;
  /** Links in both directions that a cut into two halves crosses. */
  readonly bisectionLinks: number;
  /** Links that a word takes to all nodes of a row: cols - 1. */
  readonly rowMulticastLinks: number;
  /** Units on the neighbouring nodes, ascending. */
  neighbours(unit: number): readonly number[];
  /** Links of a shortest way between two units: what a word costs in `nocHop` actions. */
  hops(from: number, to: number): number;
  /** Cycles of a packet over so many hops: every router on the way, the first and the last among them; none for no hops. */
  latencyCycles(hops: number): number;
}

/**
 * A torus of rows x cols nodes (ledger 1.2.7: 64 units on 8x8, 54 on 6x9, 81 on 9x9).
 *
 * @throws SparsityError when the units do not fill the nodes and no places are given, or two units have one place.
 * @example
 * ```ts
 * const {meanHops, hops, neighbours, latencyCycles} = torus({rows: 8, cols: 8});
 * meanHops; // 4
 * hops(0, 63); // 2: around both edges
 * neighbours(0); // [1, 7, 8, 56]
 * latencyCycles(1); // 8: two routers of four stages
 * ```
 */
export function torus(options: TorusOptions): Torus {
  checkOptionNames('torus', options, { rows: true, cols: true, units: true, places: true, routerStages: true });
  const { rows, cols, units = rows * cols, places, routerStages = 4 } = options;
  checkPositive('rows of a torus', rows);
  checkPositive('columns of a torus', cols);
  checkPositive('units on a torus', units);
  checkPositive('stages of a router', routerStages);
  const nodeOf = places ?? everyNode(units, rows, cols);
  checkPlaces(nodeOf, units, rows * cols);
  const unitOf = new Map(nodeOf.map((node, unit) => [node, unit]));
  const placeOf = (unit: number) => nodeOf[unit] ?? unknownUnit(unit, units);
  const hops = (from: number, to: number) => {
    const [a, b] = [placeOf(from), placeOf(to)];
    return ringHops(Math.floor(a / cols) - Math.floor(b / cols), rows) + ringHops((a % cols) - (b % cols), cols);
  };
  const shorter = Math.min(rows, cols);
  const ringLinks = [0, 0, 1][Math.max(rows, cols)] ?? 2; // a ring is cut twice; a ring of two has one link
  return {
    ...{ rows, cols, units, hops },
    meanHops: meanRingHops(rows) + meanRingHops(cols),
    bisectionLinks: 2 * ringLinks * shorter,
    rowMulticastLinks: cols - 1,
    latencyCycles: (count) => (count === 0 ? 0 : (count + 1) * routerStages),
    neighbours(unit) {
      const [row, col] = [Math.floor(placeOf(unit) / cols), placeOf(unit) % cols];
      const around = [
        ((row + rows - 1) % rows) * cols + col,
        ((row + 1) % rows) * cols + col,
        row * cols + ((col + cols - 1) % cols),
        row * cols + ((col + 1) % cols),
      ];
      const found = new Set(around.flatMap((node) => unitOf.get(node) ?? []));
      found.delete(unit);
      return [...found].sort((a, b) => a - b);
    },
  };
}

function unknownUnit(unit: number, units: number): never {
  throw new SparsityError({ what: 'unit of a torus', got: unit, expected: `0 to ${units - 1}`, fix: 'number the units from 0' });
}

function ringHops(difference: number, nodes: number): number {
  const distance = Math.abs(difference);
  return Math.min(distance, nodes - distance);
}

function meanRingHops(nodes: number): number {
  return nodes % 2 === 0 ? nodes / 4 : (nodes * nodes - 1) / (4 * nodes);
}

function everyNode(units: number, rows: number, cols: number): readonly number[] {
  if (units !== rows * cols) {
    throw new SparsityError({
      what: `units on a torus of ${rows}x${cols}`,
      got: units,
      expected: `${rows * cols}, one per node`,
      fix: 'take another torus (8x8 for 64, 6x9 for 54, 9x9 for 81), or give places: the node of each unit',
    });
  }
  return Array.from({ length: units }, (_, node) => node);
}

function checkPlaces(places: readonly number[], units: number, nodes: number): void {
  const inside = places.every((node) => Number.isInteger(node) && node >= 0 && node < nodes);
  if (inside && places.length === units && new Set(places).size === units) return;
  throw new SparsityError({
    what: 'places of the units on a torus',
    got: places,
    expected: `${units} different nodes from 0 to ${nodes - 1}`,
    fix: 'number the nodes row by row, and give each unit its own',
  });
}
