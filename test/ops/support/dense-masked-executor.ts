import * as tf from '@tensorflow/tfjs';
import type { KernelStore } from '../../../src/ops/kernel-store.js';
import { applyLayer, type CreateRegionExecutor, runNodes } from '../../../src/ops/region.js';

/** Runs the layers one after the other, each as it would run alone. */
export const denseMaskedExecutor: CreateRegionExecutor = (nodes) => ({
  call: (x, kwargs) => tf.tidy(() => runNodes(nodes, x, (layer, inputs) => applyLayer(layer, inputs, kwargs))),
  storeOf: (layer) => layer.kernelStores[0] as KernelStore,
  report: () =>
    nodes.map(({ layer }) => ({ layer: layer.name, className: layer.getClassName(), inLanes: false, obstacle: 'noWasm' })),
});
