import type { CommandModule } from 'yargs';
import { loadAccelerators, withDenseArray } from '../load-accelerators.js';
import { simulate } from '../simulation/simulation.js';
import { comparisonReport } from '../simulation/simulation-report.js';
import { workloadFlags, workloadOf } from '../workload/workload-flags.js';
import {
  type Args,
  acceleratorFlag,
  acceleratorList,
  computeFlags,
  emit,
  networkArgument,
  outFlag,
  outputsOf,
  valued,
  workersOf,
} from './shared-flags.js';

/** `tfjs-sparsity compare`. */
export const compareCommand: CommandModule<object, Args> = {
  command: 'compare [network]',
  describe: 'Accelerators side by side on one workload, against the dense array',
  builder: (yargs) =>
    yargs
      .positional('network', networkArgument)
      .options(valued({ ...workloadFlags, ...acceleratorFlag('all'), ...computeFlags, ...outFlag })),
  handler: async (args) => {
    const outputs = await outputsOf(args);
    const workload = workloadOf(args);
    const named = await loadAccelerators(acceleratorList(args));
    const specs = withDenseArray(named, ({ kind }) => kind === 'denseArray');
    const result = await simulate(workload, specs, workersOf(args));
    await emit({ result, report: comparisonReport(result) }, args, outputs);
  },
};
