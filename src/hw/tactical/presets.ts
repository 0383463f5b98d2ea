const table3 = '003 Table 3';
const equal = 'equal to the other presets';
const array = {
  tiles: 4,
  filters: 16,
  lanes: 16,
  windows: 1,
  activationMemoryKb: 4096,
  weightMemoryKb: 256,
  activationGroup: 16,
  activationBits: 32,
  dramBytesPerCycle: 64,
  bytesPerValue: 4,
  clockGhz: 1,
} as const;
const sources = {
  tiles: table3,
  filters: `${table3}: filters per tile`,
  lanes: `${table3}: weights per filter`,
  windows: 'read from 003: one window at a time gives its 2 TOPS (ledger 1.4.1)',
  activationMemoryKb: `${table3}: 32 KB x 32 banks in each of 4 tiles`,
  weightMemoryKb: `${table3}: 2 KB x 32 banks in each of 4 tiles`,
  activationGroup: 'assumed: as many as a processing element takes; 003 has groups, but no size',
  activationBits: 'assumed: as wide as a value, since maps of non-zeros have no magnitudes',
  dramBytesPerCycle: `${equal}: 64 GB/s at 1 GHz; 003 compares memories without naming them`,
  bytesPerValue: `${equal}: 32 bit; 003 has 16-bit fixed point`,
  clockGhz: table3,
} as const;

const frontEnd = (name: string, lookahead: number, lookaside: number) =>
  ({
    kind: 'tactical',
    name,
    ...array,
    shape: 'T',
    lookahead,
    lookaside,
    scan: 'by-row',
    policy: 'least-flexible-first',
    synchronise: 'tile',
    filterShuffling: false,
    selects: 'repaired',
    weightGradient: 'dense',
    sources: {
      ...sources,
      shape: '003: a variant of the trident in all designs',
      lookahead: `003: T8<${lookahead},${lookaside}>`,
      lookaside: `003: T8<${lookahead},${lookaside}>`,
      scan: 'the public simulator of Bit-Tactical (ledger 1.4.4)',
      policy: '003 Algorithm 2',
      synchronise: '003: L = k * N lanes are one tile (ledger section 4, 18)',
      filterShuffling: 'chosen: off; 003 adds it to some of its runs (ledger 1.4.5)',
      selects: 'chosen: a weight may also stay in place',
      weightGradient: '003 schedules weights, in software',
    },
  }) as const;

/** DaDianNao++ and the front ends of 003 by name. */
export const presets003 = {
  dadiannao: { kind: 'dadiannao', name: 'dadiannao', ...array, sources },
  'tactical-t8-2-5': frontEnd('tactical-t8-2-5', 2, 5),
  'tactical-t8-1-6': frontEnd('tactical-t8-1-6', 1, 6),
  'tactical-t8-3-4': frontEnd('tactical-t8-3-4', 3, 4),
  'tactical-t8-4-3': frontEnd('tactical-t8-4-3', 4, 3),
} as const;
