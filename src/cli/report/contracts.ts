/**
 * What all commands end in: a result is data that lies in a file; a report is made of it; every writer (terminal, Markdown, HTML, SVG,
 * Parquet) takes a report and knows nothing of accelerators. No code lives here.
 *
 * @module
 */

/** How a number reads. `share` and `times` are ratios, as per cent and as `2.13x`. */
export type Unit = 'text' | 'count' | 'plain' | 'seconds' | 'energyPj' | 'share' | 'times';

/** A column of a table. */
export interface Column {
  /** As a file names it, with its unit: `energyPj`. */
  readonly name: string;
  /** As a person reads it: `energy`. */
  readonly label: string;
  readonly unit: Unit;
}

/** A value of a table, unrounded; null for none. */
export type Cell = string | number | null;

/** Values with what they are. The first column says what a row is about. */
export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Sentences below it. */
  readonly notes: readonly string[];
}

/** Bars of coloured parts that add up, one below the other; negative parts add up to the left of zero. */
export interface BarChart {
  readonly kind: 'bars';
  readonly title: string;
  readonly label: string;
  readonly unit: Unit;
  readonly parts: readonly string[];
  readonly bars: readonly { readonly name: string; readonly parts: Readonly<Record<string, number>> }[];
}

/** A bar of its own, and the half-length of its error bar. */
export interface MeasuredBar {
  readonly value: number;
  readonly error: number;
}

/** Bars side by side in each group, a colour for each name. */
export interface GroupChart {
  readonly kind: 'groups';
  readonly title: string;
  readonly label: string;
  readonly unit: Unit;
  readonly names: readonly string[];
  /** Where a dashed line stands: what the bars are compared with. 0 for none. */
  readonly baseline: number;
  readonly groups: readonly { readonly name: string; readonly bars: Readonly<Record<string, MeasuredBar>> }[];
}

/** Points or curves over two axes, a colour for each series. */
export interface XyChart {
  readonly kind: 'points' | 'curves';
  readonly title: string;
  readonly x: { readonly label: string; readonly unit: Unit };
  /** The axis begins at 0 unless `fromZero` is false: small moves of large values are seen then. */
  readonly y: { readonly label: string; readonly unit: Unit; readonly fromZero?: boolean };
  readonly series: readonly { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }[];
}

/** Where a mask keeps weights, and how its groups are filled. */
export interface MapChart {
  readonly kind: 'map';
  readonly title: string;
  /** What the whole is: `400 x 120, 90.0 % zeros`. */
  readonly subtitle: string;
  readonly rows: number;
  readonly columns: number;
  /** Fraction of kept weights in each cell, row-major. */
  readonly cells: readonly number[];
  /** How many groups keep 0, 1 ... weights. */
  readonly occupancy: readonly number[];
}

/** A picture of numbers; `note` is a sentence below it that says what to see, on a page. */
export type Chart = (BarChart | GroupChart | XyChart | MapChart) & { readonly note?: string };

/** What a person reads of a result. */
export interface Report {
  readonly title: string;
  /** How the figures came about, a line each. */
  readonly conditions: readonly string[];
  readonly tables: readonly Table[];
  readonly charts: readonly Chart[];
  /** All values in one table, for other programs. */
  readonly data: Table;
}
