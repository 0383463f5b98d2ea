export { packBits, countPairs } from './bits';
export { addElements, divideElements, multiplyElements, multiplyStepElements, subtractElements } from './broadcast';
export { cartesianBarriers } from './cartesian';
export { countColumns } from './columns';
export { filterGradient, filterGradientScratch, forward, forwardScratch, inputGradient, inputGradientScratch } from './conv2d';
export { depthwiseFilterGradient, depthwiseInputGradient } from './depthwise';
export { copyStrided, segmentSum, segmentSumInteger, sumRows } from './elementwise';
export { countRows, foldRounds } from './folds';
export { gatherRows, shiftPlanes } from './gather';
export { gemm } from './gemm';
export { keepAcross, keepAlong, maskAcross } from './group-masks';
export { groupsAcross, groupsAlong } from './groups';
export { firstUnranked, highestAcross, highestAlong } from './highest';
export {
  lanesMoments,
  lanesNormalise,
  lanesNormaliseGradient,
  lanesNormaliser,
  lanesNormaliserTerms,
  lanesNormaliseSums,
} from './lanes-normalise';
export {
  addLanes,
  averagePoolGradientLanes,
  averagePoolLanes,
  globalMaxGradientLanes,
  maxPoolGradientLanes,
  maxPoolLanes,
  pooledError,
} from './lanes-pool';
export { gatherLines, gradientLines, lineHits, shiftLines } from './lines';
export { addDecay, countOnes, expandMask, listAcross, listAlong } from './lists';
export { normaliseRows, normaliseSums } from './normalise';
export { outerBarriers } from './outer';
export { maxPoolGradient } from './pooling';
export {
  fromLanes,
  lanesBiasGradient,
  padLanes,
  permute,
  reluError,
  reluGradient,
  scatter,
  toLanes,
} from './lanes';
export { sparseWeightGradient } from './sparse-gradient';
export { sparseForward } from './sparse-product';
export { commonWanted, packedRounds, padRows, tileRounds, uniteGroups } from './rounds';
export { selectAcross, selectAlong } from './select';
export { quadForward, quadWeightGradient } from './sparse-quads';
export { adamUpdate, sgdUpdate } from './updates';
export { transposeBits } from './transpose-bits';
