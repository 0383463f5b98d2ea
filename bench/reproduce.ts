/**
 * `tfjs-sparsity reproduce`, from a checkout: the figures of a paper beside ours. With `--data-dir` a network is really trained first, by
 * what the examples train with, and its record handed over as `--trained-run`.
 *
 *     npm run reproduce -- --paper 001 --data-dir DIR
 *     npm run reproduce -- --paper 001 --networks alexnet-torchvision,vgg11 --images 1
 *     npm run reproduce -- --paper 000
 *     npm run reproduce -- --paper 002 --networks vgg19,resnet18
 *     npm run reproduce -- --paper 003
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SparsityError } from 'tfjs-sparsity';
import { checkNumber } from './read-flags.js';
import { refuse } from './refuse.js';
import { trainForClaims } from './train-for-claims.js';

const argv = process.argv.slice(2);
const { values, tokens } = parseArgs({
  args: argv,
  options: { paper: { type: 'string' }, 'data-dir': { type: 'string' }, out: { type: 'string' }, seed: { type: 'string' } },
  ...{ strict: false, tokens: true },
});
const { paper, 'data-dir': dataDir, out = 'runs/reproduce/001', seed = '1' } = values;
const flag = tokens.flatMap((token) => (token.kind === 'option' && token.name === 'data-dir' ? [token] : [])).at(0);
// Of the other papers nothing is trained, and the command refuses the flag.
const isTrained = paper === '001' && typeof dataDir === 'string';
const passed = flag && isTrained ? argv.toSpliced(flag.index, flag.inlineValue ? 1 : 2) : argv;
const command = fileURLToPath(new URL('dist/cli/main.js', import.meta.resolve('tfjs-sparsity/package.json')));

try {
  // The command does so too, but after the training.
  checkNumber('seed', Number(seed));
  const trained = isTrained ? await trainForClaims(dataDir, String(out), Number(seed)) : undefined;
  if (trained) console.log(trained.summary);
  const handed = trained ? ['--trained-run', trained.record] : [];
  const { status } = spawnSync(process.execPath, [command, 'reproduce', ...passed, ...handed], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} catch (error) {
  if (!(error instanceof SparsityError)) throw error;
  refuse(error.message);
}
