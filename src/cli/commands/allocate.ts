import { extname } from 'node:path';
import { stringify } from 'yaml';
import type { CommandModule, Options } from 'yargs';
import { type AllocationReport, allocateSteps, lastJobs } from '../../callbacks/allocate-run.js';
import type { AllocationMetric } from '../../callbacks/allocation-cost.js';
import { SparsityError } from '../../errors.js';
import { createAccelerator } from '../../hw/index.js';
import { writeAtomically } from '../../ops/atomic-write.js';
import { checkInteger } from '../../pruning/check.js';
import { checkWritable } from '../check-writable.js';
import { loadAccelerators } from '../load-accelerators.js';
import { wrapped } from '../report/text-table.js';
import { isEstimated } from '../simulation/estimates.js';
import { loadSteps } from '../workload/load-steps.js';
import { workloadFlags, workloadOf } from '../workload/workload-flags.js';
import { type Args, networkArgument, valued } from './shared-flags.js';

/** Of a network all weights are there at first: which of them go is what is asked. */
const { 'weight-sparsity': _, nm: __, 'nm-passes': ___, ...allocatedFlags } = workloadFlags;

const allocationFlags = {
  accelerator: { alias: 'a', type: 'string', default: 'acf', describe: 'A preset or spec file (.yaml, .json)' },
  target: { type: 'number', describe: 'Share of the cost that has to go: 0.5 for half of it' },
  sparsity: { type: 'number', describe: 'Overall sparsity to end at, instead of a target' },
  metric: { type: 'string', default: 'cycles', describe: 'What counts: cycles, energy or edp' },
  phases: { type: 'string', default: 'training', describe: 'training: a whole step; forward: its forward pass' },
  least: { type: 'number', default: 0, describe: 'Least sparsity of a layer' },
  most: { type: 'number', default: 0.98, describe: 'Most sparsity of a layer' },
  step: { type: 'number', default: 0.02, describe: 'Distance of the sparsities that are tried' },
  exclude: { type: 'string', array: true, describe: 'Layers that stay as they are, joined by commas' },
  'last-steps': { type: 'number', describe: 'With --run: recorded steps to run, from the last one back [1]' },
  json: { type: 'boolean', default: false, describe: 'Print the result as JSON' },
  out: { type: 'string', array: true, describe: 'File to write: .json, or .yaml for the options of a method; may be repeated' },
} as const satisfies Record<string, Options>;

/** `tfjs-sparsity allocate`. */
export const allocateCommand: CommandModule<object, Args> = {
  command: 'allocate [network]',
  describe: 'Layer sparsities by what they save on an accelerator, with their trace',
  builder: (yargs) => yargs.positional('network', networkArgument).options(valued({ ...allocatedFlags, ...allocationFlags })),
  handler: async (args) => {
    const files = outputsOf(args);
    await checkWritable(files);
    const result = await allocate(args);
    try {
      for (const path of files) await writeAtomically(path, writers[extname(path)](result));
    } finally {
      console.log(args.json ? jsonOf(result) : [...result.conditions.map(wrapped), result.report.toTable()].join('\n'));
    }
  },
};

/** Sparsities, and how the steps came about that they were chosen on. */
interface Allocated {
  readonly conditions: readonly string[];
  readonly report: AllocationReport;
}

async function allocate(args: Args): Promise<Allocated> {
  const { target, sparsity, metric, phases, least, most, step, exclude = [] } = args;
  if ((target === undefined) === (sparsity === undefined)) {
    const got = target === undefined ? 'neither' : `${target}, and --sparsity ${sparsity}`;
    const fix = 'write --target 0.5 for half of the cost, or --sparsity 0.9 for a tenth of the weights';
    throw new SparsityError({ what: '--target', got, expected: 'a target, or a sparsity', fix });
  }
  const flag = target === undefined ? '--sparsity' : '--target';
  const share = (target ?? sparsity) as number;
  if (!(share > 0 && share < 1)) {
    throw new SparsityError({ what: flag, got: share, expected: 'a fraction above 0 and below 1', fix: 'write 50 % as 0.5' });
  }
  const specs = await loadAccelerators(args.accelerator as string);
  const [spec] = specs;
  if (specs.length > 1) {
    const fix = 'allocate for each by itself';
    throw new SparsityError({ what: '--accelerator', got: args.accelerator, expected: 'one accelerator', fix });
  }
  if (isEstimated(spec)) {
    const fix = `allocate for an accelerator; the bounds of an estimator are told by compare -a ${spec.name}`;
    throw new SparsityError({ what: '--accelerator', got: spec.name, expected: 'an accelerator, which counts cycles', fix });
  }
  const workload = workloadOf(args.run === undefined ? { ...args, weightSparsity: 0 } : args);
  const steps = lastStepsOf(args);
  const { conditions, jobs } = await loadSteps(workload);
  const report = await allocateSteps(await lastJobs(jobs(), steps), {
    accelerator: createAccelerator(spec),
    ...(target === undefined ? { sparsity: sparsity as number } : { costReduction: target as number }),
    metric: metric as AllocationMetric,
    phases: phases as 'training' | 'forward',
    range: [least as number, most as number],
    step: step as number,
    exclude: (exclude as readonly string[]).flatMap((names) => names.split(',')),
    ...('run' in workload ? {} : { pruned: workload.pruned, seed: workload.seed }),
  });
  return { conditions, report };
}

function lastStepsOf({ run, lastSteps }: Args): number {
  if (lastSteps === undefined) return 1;
  if (run === undefined) {
    const expected = 'nothing besides a network, of which there is one step';
    throw new SparsityError({
      what: '--last-steps',
      got: lastSteps,
      expected,
      fix: 'leave it out, or take a record: --run FILE',
    });
  }
  checkInteger('--last-steps', lastSteps as number, 1);
  return lastSteps as number;
}

function jsonOf({ conditions, report }: Allocated): string {
  return JSON.stringify({ conditions, ...report.toJSON() }, null, 1);
}

const writers: Readonly<Record<string, (result: Allocated) => string>> = {
  '.json': (result) => `${jsonOf(result)}\n`,
  '.yaml': ({ report }) => methodOptions(report),
};

/** What a pruning method needs to prune so: options that stand in its configuration. */
function methodOptions({ accelerator, metric, map, overallSparsity, others, costReduction }: AllocationReport): string {
  const comment = `# ${Math.round(1000 * costReduction) / 10} % less ${metric} on ${accelerator}, modelled\n`;
  return comment + stringify({ finalSparsity: overallSparsity, exclude: others, allocation: { name: 'map', ...map } });
}

function outputsOf({ out = [] }: Args): readonly string[] {
  const files = out as readonly string[];
  const endings = Object.keys(writers);
  const bad = files.find((path) => !endings.includes(extname(path)));
  if (bad === undefined) return files;
  const expected = `a file that ends in ${endings.join(' or ')}`;
  throw new SparsityError({ what: '--out', got: bad, expected, fix: 'write --out sparsities.yaml' });
}
