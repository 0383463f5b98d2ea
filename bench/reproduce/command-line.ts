import { SparsityError } from 'tfjs-sparsity';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

/** What a run of `reproduce` is told. */
export interface ReproduceOptions {
  readonly paper: '000' | '001' | '002' | '003';
  /** Names of networks; empty for none. */
  readonly networks: readonly string[];
  /** Draws of synthetic images per network. */
  readonly images: number;
  readonly full: boolean;
  readonly seed: number;
  readonly threads: number;
  readonly dataDir: string | undefined;
  readonly out: string;
}

/** Reads the flags; a wrong one ends the process with one message and exit code 2. */
export async function parseArguments(argv: readonly string[] = hideBin(process.argv)): Promise<ReproduceOptions> {
  const args = await yargs([...argv])
    .scriptName('npm run reproduce --')
    .usage("$0 --paper 001\n\nPuts the figures of a paper beside this library's own.")
    .options({
      paper: {
        choices: ['000', '001', '002', '003'] as const,
        demandOption: true,
        describe: 'Whose claims: bench/claims/PAPER.yaml',
      },
      networks: { type: 'string', default: 'all', describe: 'Names, joined by commas; none for the exact claims only' },
      images: { type: 'number', default: 2, describe: 'Images per network, each with synthetic maps of its own' },
      full: { type: 'boolean', default: false, describe: 'All images of a batch: hours' },
      seed: { type: 'number', default: 1, describe: 'Decides all synthetic maps' },
      threads: { type: 'number', default: 2, describe: 'Worker threads' },
      'data-dir': { type: 'string', describe: 'Folder of CIFAR-10, for the network that is really trained' },
      out: { type: 'string', describe: 'Folder of tables, charts and finished draws; default runs/reproduce/PAPER' },
    })
    .strict()
    .check(({ images, seed, threads }) => {
      for (const [flag, value] of Object.entries({ '--images': images, '--threads': threads, '--seed': seed + 1 })) {
        if (Number.isInteger(value) && value > 0) continue;
        throw new SparsityError({ what: flag, got: value, expected: 'a positive integer', fix: 'see --help' });
      }
      return true;
    })
    .wrap(80)
    .fail((message, error) => {
      console.error(error instanceof SparsityError ? error.message : `${message}. See --help for the flags.`);
      process.exit(2);
    })
    .parseAsync();
  const { paper, images, full, seed, threads } = args;
  const networks = args.networks === 'none' ? [] : args.networks.split(',');
  return { paper, networks, images, full, seed, threads, dataDir: args['data-dir'], out: args.out ?? `runs/reproduce/${paper}` };
}
