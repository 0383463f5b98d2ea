export { acf } from './acf/acf.js';
export type { AcfOptions } from './acf/options.js';
export { type Entry, type Position, sparseRead, sparseWrite, updatePattern } from './acf/sparse-memory-controller.js';
export { balanced } from './balanced/balanced.js';
export { type BandLoads, type LoadBalance, loadBalance } from './balanced/load-balance.js';
export type { BalancedOptions, BalancedSpec, FrameOptions } from './balanced/options.js';
export { type Scnn001Options, scnn001 } from './balanced/scnn001.js';
export { type Sigma001Options, sigma001 } from './balanced/sigma001.js';
export { type SparseTrain001Options, sparseTrain001 } from './balanced/sparse-train001.js';
export { bernoulliBits, bitsFrom, bitTensor, countBits, getBit, onesBits, sliceBits } from './bits.js';
export type * from './contracts.js';
export { addCosts, type Cost, costOf, emptyCost, scaleCost } from './cost.js';
export { type DenseArrayOptions, denseArray } from './dense-array.js';
export { effectualMacs, workMacs } from './effectual-macs.js';
export { type ActionName, actions } from './energy/actions.js';
export { price } from './energy/price.js';
export { scaleEnergyTable } from './energy/scale-table.js';
export { type Dram, type EnergyOptions, energy45nm, energyTables, sramAccessPj } from './energy/tables.js';
export { type GemmShape, gemmShapes } from './gemm-shapes.js';
export { type GemmView, lowerGemm } from './gemm-view.js';
export { createEstimator, type EstimatorKind, estimatorRegistry } from './gpu/estimators.js';
export type { GpuOptions } from './gpu/options.js';
export { estimatorPresets } from './gpu/presets.js';
export { type RooflineOptions, roofline } from './gpu/roofline.js';
export { type SparseLibraryOptions, sparseLibrary } from './gpu/sparse-library.js';
export { type ConvNestOptions, convNest, type DenseNestOptions, denseMacs, denseNest } from './loop-nest.js';
export { bdwpReduction, type LayerMaskSet, type MacRow, type MaskedLayer, macReport } from './mac-report.js';
export { type Areas, areasOf } from './metrics/areas.js';
export type { ComponentArea, DeclaredAreas } from './metrics/component-area.js';
export {
  type CostMetrics,
  costMetrics,
  type MachineRates,
  ratesOf,
  secondsOf,
  secondsToConvergence,
} from './metrics/cost-metrics.js';
export { type Resources, resourcesOf, unequalResources } from './metrics/resources.js';
export type { GatherAxis } from './nest-axes.js';
export type * from './networks/contracts.js';
export type { FeatureMap } from './networks/feature-map.js';
export type { AddLayer, ConvShape, LayerList, PoolShape } from './networks/layer-list.js';
export { type NetworkOptions, network } from './networks/network.js';
export { type NetworkMacs, networkMacs } from './networks/network-macs.js';
export { networks, networks000, networks001, networks002, networks003 } from './networks/networks.js';
export { paddedMacs } from './networks/padded-macs.js';
export { parseScaleSimTopology } from './networks/scale-sim.js';
export type { SequenceLayers } from './networks/sequence-layers.js';
export { type AreaAndPower, areas001, type PowerShares } from './parts/areas.js';
export { type BalancedRows, type BalanceRowsOptions, balanceRows, type RowWork } from './parts/balance/balance-rows.js';
export { type Bounds, bestContiguous, evenSplit, type Parts, splitWork } from './parts/balance/contiguous-split.js';
export { foldHalfTiles } from './parts/balance/fold-half-tiles.js';
export { type Assignment, longestFirst } from './parts/balance/longest-first.js';
export { minimumSteal, type StealOptions, type Steals, type StolenWork, stealWork } from './parts/balance/steal-work.js';
export { workDeviation } from './parts/balance/work-deviation.js';
export type { BufferedOptions } from './parts/buffered-options.js';
export {
  bufferTiles,
  fetchedBytes,
  type OnChipBuffer,
  residentShare,
  type StoredBits,
  type TiledOperand,
} from './parts/buffers.js';
export { doubleBuffered, evenFolds, type Fold, transferCycles } from './parts/double-buffer.js';
export { type EstimateOptions, estimateWork, type WorkEstimate } from './parts/estimate-work.js';
export { type BitmapMatrix, bitmapBits, denseBits, encodeBitmap } from './parts/formats/bitmap.js';
export { type BlockMatrix, type BlockSize, blockBits, countBlocks, encodeBlocks } from './parts/formats/block.js';
export { type CscMatrix, type CsrMatrix, cscBits, csrBits, encodeCsc, encodeCsr } from './parts/formats/csr.js';
export type { FieldWidths } from './parts/formats/field-widths.js';
export { encodeNm, type NmMatrix, type NmPattern, nmBits } from './parts/formats/nm.js';
export { crossoverSparsity, type PrintedMatrix, type PrintedSizes, printedSizes } from './parts/formats/printed-sizes.js';
export { type RowHistogramOptions, type RpSize, rowHistogram, rpBits, rpSize } from './parts/formats/row-histogram.js';
export {
  type DynamicMatrix,
  type DynamicRow,
  encodeDynamic,
  encodeRp,
  type RowFormat,
  type RowSize,
  type RowStorage,
  rpBfBits,
  rpCsrBits,
  rpRow,
  smallestRow,
} from './parts/formats/row-partitioned.js';
export { encodeRunLength, type RunLengthMatrix, runLengthBits } from './parts/formats/run-length.js';
export { bitsOf, decode, type StoredMatrix } from './parts/formats/stored-matrix.js';
export { type Benes, benes } from './parts/interconnect/benes.js';
export { type Crossbar, crossbar } from './parts/interconnect/crossbar.js';
export { type Fan, fan } from './parts/interconnect/fan.js';
export { type Torus, type TorusOptions, torus } from './parts/interconnect/torus.js';
export { type Preset, presets } from './presets.js';
export type { ProcrustesOptions } from './procrustes/options.js';
export { procrustes } from './procrustes/procrustes.js';
export { type AcceleratorKind, type OwnResources, registry } from './registry.js';
export type { SatOptions } from './sat/options.js';
export { sat } from './sat/sat.js';
export { type ScnnCounters, scnnCounters } from './scnn/counters.js';
export type { ScnnOptions } from './scnn/options.js';
export { scnn } from './scnn/scnn.js';
export { createAccelerator, parseAcceleratorSpec } from './spec.js';
export { type StepSpeedups, stepSpeedupBound } from './step-bound.js';
export type { DeclaredSparsity, SyntheticSparsity } from './synthetic/layer-densities.js';
export { type NmMaskOptions, nmMask } from './synthetic/nm-mask.js';
export type { NmPasses, SyntheticNm } from './synthetic/nm-record.js';
export { type RowBetaOptions, rowBetaBits } from './synthetic/row-beta-bits.js';
export { type SmoothOptions, smoothBits } from './synthetic/smooth-bits.js';
export { type SyntheticMaps, type SyntheticOptions, syntheticRecords } from './synthetic/synthetic-records.js';
export { type Dataflow, type SystolicCounts, type SystolicGemm, systolic } from './systolic.js';
export { type GroupFields, groupedBits, groupPrecisionBits } from './tactical/activation-groups.js';
export {
  type ConnectionShape,
  inScanOrder,
  type ScanOrder,
  selectBits,
  tacticalConnections,
} from './tactical/connections.js';
export { dadiannao } from './tactical/dadiannao.js';
export { type FilterLayer, filterLayers, type RowShape } from './tactical/filter-layers.js';
export { type FrontEndOptions, withFrontEnd } from './tactical/front-end.js';
export { type MemoryNode, memoryNodes } from './tactical/memory-nodes.js';
export type { DadiannaoOptions, TacticalOptions } from './tactical/options.js';
export { type IssuedRows, type RowSynchronousArray, type RowTime, type TileShape, tileArray } from './tactical/row-array.js';
export { type ScheduleOptions, scheduleWeights, type WeightSchedule } from './tactical/schedule-weights.js';
export { spaceToDepth } from './tactical/space-to-depth.js';
export { type RowFields, type StoredRows, storedRowBits } from './tactical/stored-weights.js';
export { tactical } from './tactical/tactical.js';
export { type TacticalCycles, tacticalCycles } from './tactical/tactical-cycles.js';
export type { TensorDashOptions } from './tensordash/options.js';
export { tensorDash } from './tensordash/tensor-dash.js';
export { type TrainingOptions, trainingWorks } from './training-works.js';
