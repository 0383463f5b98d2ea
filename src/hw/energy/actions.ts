/**
 * The actions that models count and energy tables price, with their units. All models share them; a table may price more.
 */
export const actions = {
  multiplyFp32: 'one 32-bit floating-point multiplication',
  addFp32: 'one 32-bit floating-point addition',
  multiplyFp16: 'one 16-bit floating-point multiplication',
  registerAccess: 'one 32-bit word read from or written to a register file',
  sramSmallAccess: 'one 32-bit word read from or written to a small buffer next to the units (8 KB)',
  sramLargeAccess: 'one 32-bit word read from or written to the global buffer',
  dramByte: 'one byte moved to or from off-chip memory',
  nocHop: 'one 32-bit word moved over one link of the on-chip network',
  indexOp: 'one integer addition or comparison on an index or pointer',
  zeroDetect: 'one comparison of a 32-bit word with zero',
  switchConfig: 'one switch of the interconnect set to a new state',
  leakUnitCycle: 'the leakage of one multiply-accumulate unit over one cycle of 1 ns',
} as const;

/** Name of an action that every energy table prices. */
export type ActionName = keyof typeof actions;
