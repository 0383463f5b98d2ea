import type { CommandModule } from 'yargs';
import { loadAccelerators } from '../load-accelerators.js';
import { simulate } from '../simulation/simulation.js';
import { simulationReport } from '../simulation/simulation-report.js';
import { workloadFlags, workloadOf } from '../workload/workload-flags.js';
import {
  type Args,
  acceleratorFlag,
  acceleratorList,
  computeFlags,
  emit,
  outFlag,
  outputsOf,
  valued,
  workersOf,
} from './shared-flags.js';

/** `tfjs-sparsity simulate`. */
export const simulateCommand: CommandModule<object, Args> = {
  command: 'simulate [network]',
  describe: 'A training step, or a recorded run, on accelerators: layer by layer',
  builder: (yargs) =>
    yargs
      .positional('network', { type: 'string', describe: 'A network (resnet20), saved model (model.json) or topology (.csv)' })
      .options(valued({ ...workloadFlags, ...acceleratorFlag('acf,dense-array'), ...computeFlags, ...outFlag })),
  handler: async (args) => {
    const outputs = await outputsOf(args);
    const result = await simulate(workloadOf(args), await loadAccelerators(acceleratorList(args)), workersOf(args));
    await emit({ result, report: simulationReport(result) }, args, outputs);
  },
};
