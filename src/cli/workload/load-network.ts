import { SparsityError } from '../../errors.js';
import { type Network, type NetworkOptions, network, networks, parseScaleSimTopology } from '../../hw/index.js';
import { nearest } from '../../nearest.js';
import { readText } from '../read-text.js';
import type { NetworkWorkload } from './workload.js';

/**
 * The layers of a workload's network: one of the literature by its name, or a SCALE-Sim topology by its file.
 *
 * @throws SparsityError for an unknown name (with the nearest), or a file with file, line and column.
 */
export async function loadNetwork({ network: name, batch, inputSize, classes }: NetworkWorkload): Promise<Network> {
  if (isNetworkFile(name)) return withBatch(parseScaleSimTopology(await readText(name), name), batch);
  const options: NetworkOptions = { batch, ...(inputSize && { inputSize }), ...(classes && { classes }) };
  return network(name, options);
}

/** Whether a name of a network is that of a file. */
export function isNetworkFile(name: string): boolean {
  return name.endsWith('.csv');
}

/**
 * Refuses a name that no network has, before anything is run.
 *
 * @throws SparsityError with the nearest name.
 */
export function checkNetworkName(name: string, what: string): void {
  const names = Object.keys(networks);
  if (isNetworkFile(name) || names.includes(name)) return;
  const expected = `a topology (.csv), or one of ${names.join(', ')}`;
  throw new SparsityError({ what, got: name, expected, fix: nearest(name, names) });
}

/** A topology is of one image. */
function withBatch({ name, layers }: Network, batch: number): Network {
  const repeated = layers.map((layer) => ({ ...layer, nest: { ...layer.nest, batch }, macs: layer.macs * batch }));
  return { name, batch, layers: repeated };
}
