import { SparsityError } from '../../errors.js';
import { type Network, network, networks, parseScaleSimTopology } from '../../hw/index.js';
import { nearest } from '../../nearest.js';
import { readText } from '../read-text.js';
import { loadModel } from './load-model.js';
import type { NetworkWorkload } from './workload.js';

/** The network of a workload. */
export interface LoadedNetwork {
  readonly network: Network;
  /** What its file holds and the network does not, a line each. */
  readonly notes: readonly string[];
}

/**
 * The layers of a workload's network: one of the literature by its name, a SCALE-Sim topology, or a saved layers model, whose weights
 * have the zeros that they were saved with.
 *
 * @throws SparsityError for an unknown name (with the nearest), or what is wrong with a file.
 */
export async function loadNetwork({ network: name, batch, ...sizes }: NetworkWorkload): Promise<LoadedNetwork> {
  const { inputSize, sequence, classes } = sizes;
  if (!isNetworkFile(name)) {
    const own = { ...(inputSize && { inputSize }), ...(sequence && { sequence }), ...(classes && { classes }) };
    return { network: network(name, { batch, ...own }), notes: [] };
  }
  if (/\.csv$/i.test(name)) {
    refuseBeside(name, { inputSize, sequence, classes });
    return { network: withBatch(parseScaleSimTopology(await readText(name), name), batch), notes: [] };
  }
  // Either is the size of the axes that the model leaves open.
  refuseBeside(name, { classes, sequence: inputSize && sequence });
  return loadModel(name, batch, inputSize ?? sequence);
}

function refuseBeside(file: string, settings: Readonly<Record<string, number | undefined>>): void {
  for (const [name, got] of Object.entries(settings)) {
    if (got === undefined) continue;
    throw new SparsityError({ what: `${name} of ${file}`, got, expected: 'nothing, as the file tells it', fix: 'leave it out' });
  }
}

/** Whether a name of a network is that of a file. */
export function isNetworkFile(name: string): boolean {
  return /\.(csv|json)$/i.test(name);
}

/**
 * Refuses a name that no network has, before anything is run.
 *
 * @throws SparsityError with the nearest name.
 */
export function checkNetworkName(name: string, what: string): void {
  const names = Object.keys(networks);
  if (isNetworkFile(name) || names.includes(name)) return;
  const expected = `a topology (.csv), a saved model (model.json), or one of ${names.join(', ')}`;
  throw new SparsityError({ what, got: name, expected, fix: nearest(name, names) });
}

/** A topology is of one image. */
function withBatch({ name, layers }: Network, batch: number): Network {
  const repeated = layers.map((layer) => ({ ...layer, nest: { ...layer.nest, batch }, macs: layer.macs * batch }));
  return { name, batch, layers: repeated };
}
