const table2 = '001 Table II';
const frame = {
  pes: 64,
  torusRows: 8,
  torusCols: 8,
  multipliers: 16,
  peSramKb: 3072,
  globalBufferKb: 262_144,
  dramBytesPerCycle: 1024,
  valueBits: 32,
  indexBits: 8,
  multiplyInitiationInterval: 1,
  rowLayout: 'mapRow',
  chargeTranspose: true,
  clockGhz: 1,
} as const;
const frameSources = {
  pes: `${table2}; 64 agrees with the areas of Table V (ledger 1.2.7)`,
  torusRows: 'chosen: 8 x 8 routers for 64 PEs; the 9 x 9 of Table II would be 81 (ledger 1.2.7)',
  torusCols: 'chosen: as torusRows',
  multipliers: table2,
  peSramKb: `${table2}: 3 MB per PE`,
  globalBufferKb: `${table2}: 256 MB`,
  dramBytesPerCycle: `${table2}: 1024 GB/s at 1 GHz`,
  valueBits: `${table2}: 32 bit`,
  indexBits: '001 Eqs. 7 and 9: 8-bit indices',
  multiplyInitiationInterval: 'assumed: pipelined; Table I of 001 can be read as 10 (ledger section 4, 12)',
  rowLayout: 'read from 001: rows of a feature map (ledger section 4, 27)',
  chargeTranspose: 'chosen: formats of rows do not give columns for free (ledger section 4, 25)',
  clockGhz: table2,
} as const;
const partitions = { partitionRows: 3, partitionCols: 3 } as const;
const partitionSources = { partitionRows: `${table2}: 3 x 3 partitions`, partitionCols: `${table2}: 3 x 3 partitions` } as const;

const balanced = {
  kind: 'balanced',
  name: 'balanced',
  ...frame,
  ...partitions,
  coarse: 'repaired',
  stealing: true,
  rowFormat: 'exact',
  rowPairsPerCycle: 1,
  multiplyCycles: 10,
  coarseRoundCycles: 8,
  sources: {
    ...frameSources,
    ...partitionSources,
    coarse: 'Procedure 1 of 001 on work instead of density (ledger 1.2.5)',
    stealing: 'Procedure 2 of 001',
    rowFormat: 'chosen: fewer bits instead of the printed threshold (ledger 1.2.2)',
    rowPairsPerCycle: 'assumed: 001 gives no rate of its M-ICU (ledger 1.2.7)',
    multiplyCycles: '001 Table I: 10 cycles in floating point',
    coarseRoundCycles: 'assumed: one comparison of neighbours per cycle, 8 pairs of 9 partitions',
  },
} as const;

const scaled = { peSramKb: 21, globalBufferKb: 1728 } as const;
const scaledSources = {
  peSramKb: 'chosen: with the global buffer 3 MB in all, about as Table II divides its 448 MB (ledger section 4, 14)',
  globalBufferKb: 'chosen: as peSramKb',
} as const;

const scnn001 = {
  kind: 'scnn001',
  name: 'scnn-001',
  ...frame,
  weightsPerCycle: 4,
  banks: 32,
  sources: {
    ...frameSources,
    weightsPerCycle: 'SCNN: 4 x 4 multipliers (ledger 1.5)',
    banks: 'SCNN: 32 accumulator banks (ledger 1.5)',
  },
} as const;

const sigma001 = {
  kind: 'sigma001',
  name: 'sigma-001',
  ...frame,
  flexDpeSize: 128,
  stationary: 'best',
  im2colOffChip: true,
  sources: {
    ...frameSources,
    flexDpeSize: 'SIGMA: Flex-DPEs of 128 multipliers (from memory)',
    stationary: 'SIGMA: either operand may stay',
    im2colOffChip: '001 counts the im2col of SIGMA off chip (ledger section 4, 13)',
  },
} as const;

const sparseTrain001 = {
  kind: 'sparseTrain001',
  name: 'sparse-train-001',
  ...frame,
  ...partitions,
  sources: { ...frameSources, ...partitionSources },
} as const;

function withScaledSram<T extends { readonly name: string; readonly sources: object }>(preset: T) {
  return { ...preset, ...scaled, name: `${preset.name}-3mb`, sources: { ...preset.sources, ...scaledSources } };
}

/** The accelerator of 001 in the three geometries that its text allows, its baselines, and all four with 3 MB of SRAM in all. */
export const presets001 = {
  balanced,
  'balanced-54': {
    ...balanced,
    name: 'balanced-54',
    ...{ pes: 54, torusRows: 9, torusCols: 6 },
    sources: { ...balanced.sources, pes: '001: six PEs in each of 9 partitions', torusRows: 'chosen: blocks of 3 x 2 PEs' },
  },
  'balanced-81': {
    ...balanced,
    name: 'balanced-81',
    ...{ pes: 81, torusRows: 9, torusCols: 9 },
    sources: {
      ...balanced.sources,
      pes: 'a PE at each router of Table II',
      torusRows: `${table2}: 9 x 9`,
      torusCols: `${table2}: 9 x 9`,
    },
  },
  'scnn-001': scnn001,
  'sigma-001': sigma001,
  'sparse-train-001': sparseTrain001,
  'balanced-3mb': withScaledSram(balanced),
  'scnn-001-3mb': withScaledSram(scnn001),
  'sigma-001-3mb': withScaledSram(sigma001),
  'sparse-train-001-3mb': withScaledSram(sparseTrain001),
};
