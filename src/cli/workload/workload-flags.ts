import type { Options } from 'yargs';
import { checkWorkload, type Workload, workloadFieldNames } from './workload.js';

const group = 'Workload:';

/** The flags of a workload; `network` is the command's own argument. Defaults are those of the workload. */
export const workloadFlags = {
  run: { group, type: 'string', describe: 'Record of a run (hardwareCost({record})) instead of a network' },
  batch: { group, type: 'number', describe: 'Images of the training step [32]' },
  images: { group, type: 'number', describe: 'Images that stand for the batch: more are slower and tell the error [1]' },
  'input-size': { group, type: 'number', describe: "Side of the image in pixels [the network's]" },
  sequence: { group, type: 'number', describe: "Tokens of a transformer, steps of an LSTM [the network's]" },
  classes: { group, type: 'number', describe: "Units of the last layer [the network's]" },
  'weight-sparsity': { group, type: 'number', describe: 'Share of zeros of all weights [0.9]' },
  'activation-sparsity': { group, type: 'number', describe: 'Share of zeros behind a ReLU [0.5]' },
  'error-sparsity': { group, type: 'number', describe: 'Share of zeros of errors before a ReLU [as activations]' },
  maps: { group, type: 'string', describe: 'How zeros lie: bernoulli, rowBeta or smooth [bernoulli]' },
  spread: { group, type: 'number', describe: 'How far densities differ, of rowBeta and smooth [0.3]' },
  nm: { group, type: 'string', describe: 'N:M of the weights, 2:8 for one, instead of a share of zeros' },
  'nm-passes': { group, type: 'string', describe: 'both (BDWP), forward (SR-STE), backward (SDWP), errors (SDGP) [both]' },
  optimizer: { group, type: 'string', describe: 'sgd, momentum or adam: slots that an update moves [adam]' },
  pruned: { group, type: 'string', describe: 'zero: pruned weights get no gradient; dense-master: they do [zero]' },
  seed: { group, type: 'number', describe: 'Decides all maps [1]' },
} as const satisfies Record<string, Options>;

/** The flag of a field: `--weight-sparsity` of `weightSparsity`. */
export function flagOf(field: string): string {
  return `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * The workload that a command line names.
 *
 * @throws SparsityError naming the flag.
 */
export function workloadOf(args: Readonly<Record<string, unknown>>): Workload {
  const fields = workloadFieldNames.map((field) => [field, args[field]]);
  return checkWorkload(Object.fromEntries(fields), (field) => (field === 'network' ? 'NETWORK' : flagOf(field)));
}
