const tensordash = {
  kind: 'tensorDash',
  name: 'tensordash',
  tiles: 4,
  tileRows: 4,
  tileCols: 4,
  skip: 'both',
  sramKb: 384,
  dramBytesPerCycle: 64,
  bytesPerValue: 4,
  clockGhz: 1,
  sources: {
    tiles: 'chosen: 1024 multipliers, as the other presets have; the paper has 16 tiles (from memory)',
    tileRows: 'TensorDash: tiles of 4 x 4 processing elements (from memory)',
    tileCols: 'TensorDash: as tileRows',
    skip: 'TensorDash: a pair is ineffectual if either operand is zero (ledger 1.5)',
    sramKb: 'chosen: 128 KB for each of input, kernel and output, as the dense array has',
    dramBytesPerCycle: 'chosen: 64 GB/s at 1 GHz, as the dense array has',
    bytesPerValue: '001: 32-bit values',
    clockGhz: '001 and 003: 1 GHz; the paper has 500 MHz (from memory)',
  },
} as const;

/** TensorDash at the resources of the dense array, skipping pairs or, as its tiles do, the zeros of one operand. */
export const presetsTensorDash = {
  tensordash,
  'tensordash-one-side': {
    ...tensordash,
    name: 'tensordash-one-side',
    skip: 'oneSide',
    sources: { ...tensordash.sources, skip: 'TensorDash: the tile takes sparsity from one operand (from memory)' },
  },
} as const;
