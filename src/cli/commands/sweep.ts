import { basename, dirname, extname, join } from 'node:path';
import type { CommandModule, Options } from 'yargs';
import { SparsityError } from '../../errors.js';
import { readText } from '../read-text.js';
import { textReport } from '../report/text-report.js';
import { planFile, planFlags } from '../sweep/plan-sources.js';
import { runSweep } from '../sweep/run-sweep.js';
import { parseShard, pointsOfShard, type Shard } from '../sweep/shard.js';
import { type PlanSource, sweepPlan } from '../sweep/sweep-plan.js';
import { sweepPoints } from '../sweep/sweep-points.js';
import { sweepProgress } from '../sweep/sweep-progress.js';
import { reportedSweep } from '../sweep/sweep-report.js';
import { workloadFieldNames } from '../workload/workload.js';
import { flagOf, workloadFlags } from '../workload/workload-flags.js';
import { type Args, acceleratorList, computeFlags, networkArgument, valued, workersOf } from './shared-flags.js';

const planFlagOptions = {
  network: { group: 'Workload:', ...networkArgument },
  ...workloadFlags,
  accelerators: { alias: 'a', type: 'string', describe: 'Presets, joined by commas; all for all presets [acf]' },
  vary: { type: 'string', array: true, describe: 'NAME=16,32,64 or NAME=FROM:TO:STEP, a setting of workload or accelerators' },
  search: { type: 'string', describe: 'grid: all points; random: some of them [grid]' },
  points: { type: 'number', describe: 'Points of a random search' },
  'search-seed': { type: 'number', describe: 'Decides them [1]' },
} as const satisfies Record<string, Options>;
const partFlags = {
  shard: { type: 'string', default: '1/1', describe: 'i/n: only the i-th of n parts, each in a file of its own' },
  out: { type: 'string', describe: 'File of finished points (.jsonl) [FILE.jsonl; all sweeps by flags share sweep.jsonl]' },
} as const satisfies Record<string, Options>;
const planFields = [...workloadFieldNames, 'search', 'points', 'searchSeed'];

/** `tfjs-sparsity sweep`. */
export const sweepCommand: CommandModule<object, Args> = {
  command: 'sweep [file]',
  describe: 'Many points of accelerator and sparsity settings; goes on where it was stopped',
  builder: (yargs) =>
    yargs
      .positional('file', { type: 'string', describe: 'Settings of the sweep (.yaml, .json); else flags' })
      .options(valued({ ...planFlagOptions, ...partFlags, ...computeFlags })),
  handler: run,
};

async function run(args: Args): Promise<void> {
  const shard = parseShard(args.shard as string);
  const workers = workersOf(args);
  const file = outputOf(args, shard);
  const points = pointsOfShard(await sweepPoints(sweepPlan(await sourceOf(args))), shard);
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once('SIGINT', onInterrupt);
  const progress = await sweepProgress(process.stderr.isTTY === true);
  const options = { file, workers, signal: stop.signal, onProgress: progress.update };
  const outcome = await runSweep(points, options).finally(() => {
    progress.stop();
    process.removeListener('SIGINT', onInterrupt);
  });
  if (outcome.cutBytes > 0) console.error(`${file}: the last line was cut short; its point is done again`);
  if (outcome.missing > 0) {
    console.error(`stopped; ${outcome.missing} points are missing, and the same command goes on with them`);
    process.exitCode = 130;
    return;
  }
  const [first] = outcome.points;
  if (first && outcome.points.every((point) => 'error' in point)) process.exitCode = 1;
  const { result, report } = reportedSweep(outcome.points);
  const note = `${file}: ${outcome.points.length} points${outcome.found > 0 ? `, ${outcome.found} of them found there` : ''}`;
  console.log(args.json ? JSON.stringify(result, null, 1) : `${textReport(report)}\n\n${note}`);
}

async function sourceOf(args: Args): Promise<PlanSource> {
  const { file, vary = [] } = args as { file?: string; vary?: readonly string[] };
  if (file === undefined) {
    const fixed = Object.fromEntries(planFields.map((field) => [field, args[field]]));
    const accelerators = acceleratorList({ accelerators: 'acf', ...args });
    return planFlags({ fixed, accelerators, vary });
  }
  const stray = [...planFields, 'accelerators', 'vary'].find((field) => args[field] !== undefined);
  if (stray !== undefined) {
    const fix = `leave it out, or write it into ${file}`;
    throw new SparsityError({ what: flagOf(stray), got: args[stray], expected: `nothing besides ${file}`, fix });
  }
  return planFile(await readText(file), file);
}

function outputOf({ out, file }: Args, { index, count }: Shard): string {
  if (out !== undefined) {
    if (typeof out === 'string' && extname(out) === '.jsonl') return out;
    const fix = 'write --out sweep.jsonl, and make pages of it by tfjs-sparsity report';
    throw new SparsityError({ what: '--out', got: out, expected: 'one file that ends in .jsonl', fix });
  }
  const part = count === 1 ? '' : `.${index}-of-${count}`;
  const name = (file as string | undefined) ?? 'sweep';
  return join(dirname(name), `${basename(name, extname(name))}${part}.jsonl`);
}
