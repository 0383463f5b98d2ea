const unseen = '002 as it is read here gives none: chosen';
const notes = 'notes on 002 (ledger 1.3)';
const equal = 'equal to the other presets';
const sat = {
  kind: 'sat',
  name: 'sat',
  rows: 32,
  cols: 32,
  n: 2,
  m: 8,
  dataflow: 'best',
  addLatencyCycles: 4,
  interleave: 4,
  soreLanes: 32,
  wuveLanes: 32,
  preGeneration: true,
  sramKb: 384,
  dramBytesPerCycle: 64,
  bytesPerValue: 2,
  clockGhz: 1,
  sources: {
    rows: 'inferred from the 32 lanes of the SORE (ledger 1.3.3); 1024 multipliers, as the other presets',
    cols: 'inferred as rows is',
    n: '002: the design focuses on 2:8',
    m: '002: the design focuses on 2:8',
    dataflow: '002: offline scheduling',
    addLatencyCycles: `${unseen}, a pipelined floating-point adder`,
    interleave: `${unseen}, as many as the adder has stages, which fills the pipeline (ledger 1.3.3)`,
    soreLanes: `${notes}: 32 lanes with a SORE each`,
    wuveLanes: `${unseen}, one per lane of the SORE`,
    preGeneration: '002: pre-generation of N:M sparse weights',
    sramKb: `${equal}: 128 KB for each of input, kernel and output`,
    dramBytesPerCycle: `${equal}: 64 GB/s at 1 GHz`,
    bytesPerValue: `${notes}: FP16, the update in FP32`,
    clockGhz: `${equal}: 1 GHz; the FPGA of 002 runs slower, at a clock that is not seen (ledger 1.3.3)`,
  },
} as const;

/** SAT with 2:8 weights; with the SORE in the way of each phase; and its own dense mode, which it is measured against. */
export const presetsSat = {
  sat,
  'sat-exposed': {
    ...sat,
    name: 'sat-exposed',
    preGeneration: false,
    sources: { ...sat.sources, preGeneration: 'the design without it, for comparison' },
  },
  'sat-dense': {
    ...sat,
    name: 'sat-dense',
    n: 8,
    sources: { ...sat.sources, n: 'equal to m: no group takes fewer slots than it has elements' },
  },
};
