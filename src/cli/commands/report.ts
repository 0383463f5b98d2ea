import type { CommandModule } from 'yargs';
import { readReported } from '../read-reported.js';
import { textReport } from '../report/text-report.js';
import { writeReport } from '../report/write-report.js';
import { type Args, outFlag, outputsOf, valued } from './shared-flags.js';

/** `tfjs-sparsity report`. */
export const reportCommand: CommandModule<object, Args> = {
  command: 'report <files..>',
  describe: 'Pages, charts and tables from result files',
  builder: (yargs) =>
    yargs
      .positional('files', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'A result of simulate or compare (.json), files of a sweep (.jsonl), or the log of a training (run.jsonl)',
      })
      .options(valued(outFlag)),
  handler: async (args) => {
    const outputs = await outputsOf(args);
    const reported = await readReported(args.files as readonly string[]);
    if (outputs.length === 0) console.log(textReport(reported.report));
    await writeReport(reported, outputs);
  },
};
