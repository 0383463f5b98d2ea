import type { LoadedNetwork } from './load-network.js';

/**
 * The network of a saved layers model: what multiplies, with the zeros of its weights.
 *
 * @param openSize of axes besides the batch that the model leaves open.
 * @throws SparsityError for a file that is no layers model.
 */
export async function loadModel(path: string, batch: number, openSize: number | undefined): Promise<LoadedNetwork> {
  // Only here: tfjs takes longer to load than most workloads to run.
  const tf = await import('@tensorflow/tfjs');
  tf.enableProdMode(); // it would advertise tfjs-node, once per thread
  const { importNetwork } = await import('../../ops/import/import-network.js');
  const { network, skipped } = await importNetwork(path, { batch, ...(openSize && { openSize }) });
  const left = skipped.map(({ layer, reason }) => `${layer} (${reason})`);
  return { network, notes: left.length > 0 ? [`not in the network: ${left.join(', ')}`] : [] };
}
