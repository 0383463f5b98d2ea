import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import * as z from 'zod';
import { SparsityError } from '../../errors.js';
import { specIssue } from '../../hw/spec-issue.js';
import { checkWritable } from '../check-writable.js';
import { papers } from '../reproduce/claims-file.js';
import type { ReproduceOptions } from '../reproduce/reproduce.js';
import { flagOf } from '../workload/workload-flags.js';
import { type Args, computeFlags, valued, workersOf } from './shared-flags.js';

const flags = {
  paper: { type: 'string', demandOption: true, describe: `Whose claims: ${papers.join(', ')}` },
  networks: { type: 'string', default: 'all', describe: 'Names, joined by commas; none for the exact claims only' },
  images: { type: 'number', default: 2, describe: 'Images per network of 001, each with synthetic maps of its own' },
  full: { type: 'boolean', default: false, describe: 'All images of a batch of 001: hours' },
  seed: { type: 'number', default: 1, describe: 'Decides all synthetic maps' },
  'trained-run': { type: 'string', describe: 'Record of a training (hardwareCost({record})), for 001' },
  out: { type: 'string', describe: 'Folder of tables, charts and finished draws [runs/reproduce/PAPER]' },
} as const;

const schema = z.object({
  paper: z.enum(papers),
  images: z.int().min(1),
  full: z.boolean(),
  seed: z.int().min(0),
  trainedRun: z.string().min(1).optional(),
  out: z.string().min(1).optional(),
});

/** `tfjs-sparsity reproduce`. */
export const reproduceCommand: CommandModule<object, Args> = {
  command: 'reproduce',
  describe: "The figures of a paper beside this package's own, with verdicts and plots",
  builder: (yargs) => yargs.options(valued({ ...flags, ...computeFlags })),
  handler: async (args) => {
    const options = optionsOf(args);
    // Only here: no other command needs the claims and their checks.
    const { reproduce } = await import('../reproduce/reproduce.js');
    const { reproductionJson, reproductionText, writeReproduction } = await import('../reproduce/report-files.js');
    await checkWritable([join(options.out, 'claims.md')]);
    const reproduction = await reproduce(options);
    try {
      await writeReproduction(options.out, reproduction);
    } finally {
      console.log(args.json ? reproductionJson(reproduction) : reproductionText(reproduction));
    }
    const charts = Object.keys(reproduction.charts).length;
    if (!args.json) console.log(`\nwritten to ${options.out}: claims.md, claims.json, ${charts} charts`);
  },
};

/** @throws SparsityError naming the flag. */
function optionsOf(args: Args): ReproduceOptions {
  const result = schema.safeParse(args);
  if (!result.success) {
    const { path, got, expected, fix } = specIssue(schema, result.error.issues, args);
    throw new SparsityError({ what: flagOf(path.map(String).join('.')), got, expected, fix });
  }
  const { paper, trainedRun, out = `runs/reproduce/${paper}`, ...rest } = result.data;
  // A flag that is repeated adds to the list.
  const names = [args.networks].flat().join(',');
  const networks = names === 'none' ? [] : names.split(',').map((name) => name.trim());
  return { ...rest, paper, trainedRun, out, networks, workers: workersOf(args) };
}
