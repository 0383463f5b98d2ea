import type { Preset } from '../presets.js';

const ledger = 'ledger 1.5: A100';
const ampere = {
  dramGbPerSecond: 1555,
  efficiencyLow: 0.3,
  efficiencyHigh: 0.6,
  launchMicroseconds: 5,
  idleW: 60,
  boardW: 400,
} as const;
const ampereSources = {
  dramGbPerSecond: `${ledger}, 40 GB`,
  efficiencyLow: 'chosen: 0.3 to 0.6 of both peaks (ledger section 4, 21)',
  efficiencyHigh: 'chosen: as efficiencyLow',
  launchMicroseconds: 'from memory: about 5 microseconds for a kernel',
  idleW: 'from memory: 60 to 80 W at rest',
  boardW: `${ledger}, 400 W`,
} as const;

const fp32 = {
  kind: 'roofline',
  name: 'a100-fp32',
  peakTflops: 19.5,
  ...ampere,
  bytesPerValue: 4,
  structured: false,
  sources: {
    ...ampereSources,
    peakTflops: `${ledger}, FP32 on CUDA cores`,
    bytesPerValue: '001: 32-bit values',
    structured: 'ledger 1.5: CUDA cores have no 2:4',
  },
} as const;
const tf32 = {
  ...fp32,
  name: 'a100-tf32',
  peakTflops: 156,
  sources: { ...fp32.sources, peakTflops: `${ledger}, TF32 on tensor cores`, structured: 'chosen: dense' },
} as const;
const fp16 = {
  ...tf32,
  name: 'a100-fp16',
  peakTflops: 312,
  bytesPerValue: 2,
  sources: { ...tf32.sources, peakTflops: `${ledger}, FP16 and BF16 on tensor cores`, bytesPerValue: '16-bit values' },
} as const;
const structured = 'ledger 1.5: 2:4 doubles the rates of tensor cores';

/** Estimators by name. The first of a kind holds the kind's defaults. All of their figures are modelled, none is measured. */
export const estimatorPresets: Readonly<Record<string, Preset>> = {
  'a100-fp32': fp32,
  'a100-tf32': tf32,
  'a100-fp16': fp16,
  'a100-80gb-fp16': {
    ...fp16,
    name: 'a100-80gb-fp16',
    dramGbPerSecond: 2039,
    sources: { ...fp16.sources, dramGbPerSecond: `${ledger}, 80 GB` },
  },
  'a100-tf32-2-4': {
    ...tf32,
    name: 'a100-tf32-2-4',
    structured: true,
    sources: { ...tf32.sources, structured },
  },
  'a100-fp16-2-4': {
    ...fp16,
    name: 'a100-fp16-2-4',
    structured: true,
    sources: { ...fp16.sources, structured },
  },
  'a100-sparse-library': {
    kind: 'sparseLibrary',
    name: 'a100-sparse-library',
    peakTflops: 19.5,
    ...ampere,
    bytesPerValue: 4,
    breakEvenLow: 0.02,
    breakEvenHigh: 0.3,
    sources: {
      ...ampereSources,
      peakTflops: `${ledger}, FP32 on CUDA cores, where sparse kernels run`,
      bytesPerValue: fp32.sources.bytesPerValue,
      breakEvenLow: 'assumed, from memory: general sparse libraries need 98 % zeros or so to be faster than dense ones',
      breakEvenHigh: 'assumed, from memory: kernels made for pruned networks are faster from about 70 % zeros on',
    },
  },
};
