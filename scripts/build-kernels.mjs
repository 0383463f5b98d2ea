// Compiles src/kernels/assembly into src/kernels/binary: the training kernels once for each build, the row scheduler of the accelerator
// models by itself. With --check nothing is written: exit status 1 when a committed file is not what the sources give.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
// The kernels live in memory that belongs to somebody else: no static data, so nothing of it is overwritten at start.
const flags =
  '--runtime stub --importMemory --initialMemory 1 --noExportMemory --enable simd --noAssert --optimizeLevel 3 --shrinkLevel 0 --converge';
const builds = { strict: '', relaxed: ' --enable relaxed-simd' };

const binaries = [];
for (const [name, extra] of Object.entries(builds)) binaries.push([name, await compile('index.ts', flags + extra)]);
const header = '// Built from src/kernels/assembly by "npm run build:kernels". Do not edit.\n';
const base64 = (binary) => Buffer.from(binary).toString('base64');
const files = {
  'training-kernels': `${header}export const kernelsBase64 = {
${binaries.map(([name, binary]) => `  ${name}:\n    '${base64(binary)}',`).join('\n')}
};
`,
  'row-scheduler': `${header}export const rowSchedulerBase64 =
  '${base64(await compile('row-scheduler.ts', flags))}';
`,
};

for (const [name, text] of Object.entries(files)) {
  const target = `src/kernels/binary/${name}.ts`;
  if (process.argv.includes('--check')) {
    const committed = await readFile(root + target, 'utf8').catch(() => '');
    if (committed !== text) {
      console.error(`${target} is not what src/kernels/assembly gives: run "npm run build:kernels"`);
      process.exit(1);
    }
    console.log(`${target} is up to date`);
  } else {
    await writeFile(root + target, text);
    console.log(`${target}: ${text.length} characters`);
  }
}

async function compile(entry, options) {
  let binary;
  const { error, stderr } = await asc.main([entry, '--outFile', 'kernels.wasm', ...options.split(' ')], {
    readFile: (name, base) => readFile(`${root}src/kernels/assembly/${base}/${name}`, 'utf8').catch(() => null),
    writeFile: (name, contents) => {
      if (name === 'kernels.wasm') binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) {
    console.error(stderr.toString());
    process.exit(1);
  }
  return binary;
}
