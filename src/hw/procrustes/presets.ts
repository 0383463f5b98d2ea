const publicModel = 'the public model of Procrustes';
const procrustes = {
  kind: 'procrustes',
  name: 'procrustes',
  peRows: 32,
  peCols: 32,
  tileWeights: 128,
  balance: 'halfTiles',
  sramKb: 384,
  dramBytesPerCycle: 64,
  bytesPerValue: 4,
  clockGhz: 1,
  sources: {
    peRows: 'chosen: 1024 multipliers, as the other presets have',
    peCols: 'chosen: as peRows',
    tileWeights: `chosen: half of the register file of 256 words that ${publicModel} has (ledger 1.5)`,
    balance: 'Procrustes: half tiles sorted and folded (ledger 1.5)',
    sramKb: 'chosen: 128 KB for each of input, kernel and output, as the dense array has',
    dramBytesPerCycle: 'chosen: 64 GB/s at 1 GHz, as the dense array has',
    bytesPerValue: `${publicModel}: 32-bit values (ledger 1.5)`,
    clockGhz: 'chosen: 1 GHz, as the other presets have',
  },
} as const;

/** Procrustes at the resources of the dense array, and with the array and the buffer of its public model. */
export const presetsProcrustes = {
  procrustes,
  'procrustes-256': {
    ...procrustes,
    name: 'procrustes-256',
    ...{ peRows: 16, peCols: 16, sramKb: 128 },
    sources: {
      ...procrustes.sources,
      peRows: `${publicModel}: 16 x 16 processing elements (ledger 1.5)`,
      peCols: `${publicModel}: 16 x 16 processing elements (ledger 1.5)`,
      sramKb: `${publicModel}: 16384 words of 64 bits (ledger 1.5)`,
    },
  },
} as const;
