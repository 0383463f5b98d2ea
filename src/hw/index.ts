export { acf } from './acf/acf.js';
export {
  bitsOf,
  type CsrMatrix,
  csrBits,
  type DynamicMatrix,
  type DynamicRow,
  decode,
  encodeCsr,
  encodeDynamic,
  type FieldWidths,
  type RowFormat,
  smallestRow,
} from './acf/formats.js';
export type { AcfOptions } from './acf/options.js';
export { type Entry, type Position, sparseRead, sparseWrite, updatePattern } from './acf/sparse-memory-controller.js';
export { bernoulliBits, bitsFrom, bitTensor, countBits, getBit, onesBits, sliceBits } from './bits.js';
export type * from './contracts.js';
export { addCosts, type Cost, costOf, emptyCost, scaleCost } from './cost.js';
export { type DenseArrayOptions, denseArray } from './dense-array.js';
export { effectualMacs, workMacs } from './effectual-macs.js';
export { type ActionName, actions } from './energy/actions.js';
export { price } from './energy/price.js';
export { type Dram, type EnergyOptions, energy45nm, energyTables, sramAccessPj } from './energy/tables.js';
export { type GemmShape, gemmShapes } from './gemm-shapes.js';
export { type GemmView, lowerGemm } from './gemm-view.js';
export { type ConvNestOptions, convNest, type DenseNestOptions, denseMacs, denseNest } from './loop-nest.js';
export { bdwpReduction, type LayerMaskSet, type MacRow, type MaskedLayer, macReport } from './mac-report.js';
export type { GatherAxis } from './nest-axes.js';
export { type Preset, presets } from './presets.js';
export { type AcceleratorKind, registry } from './registry.js';
export { type ScnnCounters, scnnCounters } from './scnn/counters.js';
export type { ScnnOptions } from './scnn/options.js';
export { createAccelerator, parseAcceleratorSpec } from './spec.js';
export { type Dataflow, type SystolicCounts, type SystolicGemm, systolic } from './systolic.js';
export { type TrainingOptions, trainingWorks } from './training-works.js';
