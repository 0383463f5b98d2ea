import type { CommandModule } from 'yargs';
import { loadAccelerators, withDenseArray } from '../load-accelerators.js';
import { isEstimated } from '../simulation/estimates.js';
import { simulate } from '../simulation/simulation.js';
import { simulationReport } from '../simulation/simulation-report.js';
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

/** `tfjs-sparsity simulate`. */
export const simulateCommand: CommandModule<object, Args> = {
  command: 'simulate [network]',
  describe: 'A training step, or a recorded run, on accelerators: layer by layer',
  builder: (yargs) =>
    yargs
      .positional('network', networkArgument)
      .options(valued({ ...workloadFlags, ...acceleratorFlag('acf,dense-array'), ...computeFlags, ...outFlag })),
  handler: async (args) => {
    const outputs = await outputsOf(args);
    const workload = workloadOf(args);
    const named = await loadAccelerators(acceleratorList(args));
    // Estimators tell bounds of time and energy, no layers: they do not stand alone.
    const specs = withDenseArray(named, (spec) => !isEstimated(spec));
    const result = await simulate(workload, specs, workersOf(args));
    await emit({ result, report: simulationReport(result) }, args, outputs);
  },
};
