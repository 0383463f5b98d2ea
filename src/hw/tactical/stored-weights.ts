/** Scheduled or unscheduled weights as rows of slots. */
export interface StoredRows {
  /** Rows of all filters. */
  readonly filterRows: number;
  /** Rows that have an advance code: those of a tile, or of a filter where each has its own. */
  readonly codedRows: number;
  readonly nonzeros: number;
}

/** Widths of the fields of stored rows, in bits. */
export interface RowFields {
  readonly lanes: number;
  readonly valueBits: number;
  /** Source of a slot; 0 without a front end. */
  readonly selectBits: number;
  /** Rows by which the activation buffer moves on; 0 without a front end. */
  readonly advanceBits: number;
}

/**
 * Bits of stored weights, the smaller of two forms, and of their advance codes.
 *
 * - slot by slot: `filterRows * lanes * (v + s)`;
 * - zeros as runs (003, off chip): `nonzeros * (v + s + ceil(log2 lanes)) + filterRows * ceil(log2(lanes + 1))`: each weight behind the run of
 *   zeros before it, each row of a filter behind the number of its weights, so that processing elements unpack rows on their own.
 *
 * @example
 * ```ts
 * const fields = {lanes: 16, valueBits: 16, selectBits: 3, advanceBits: 2};
 * storedRowBits({filterRows: 10, codedRows: 10, nonzeros: 40}, fields); // 990: 40 * 23 + 10 * 5 + 10 * 2
 * ```
 */
export function storedRowBits(
  { filterRows, codedRows, nonzeros }: StoredRows,
  { lanes, valueBits, selectBits, advanceBits }: RowFields,
): number {
  const slotBits = valueBits + selectBits;
  const slots = filterRows * lanes * slotBits;
  const runs = nonzeros * (slotBits + Math.ceil(Math.log2(lanes))) + filterRows * Math.ceil(Math.log2(lanes + 1));
  return Math.min(slots, runs) + codedRows * advanceBits;
}
