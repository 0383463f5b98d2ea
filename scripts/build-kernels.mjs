// Compiles src/kernels/assembly into src/kernels/binary/training-kernels.ts, once for each build. With --check nothing is written: exit
// status 1 when the committed file is not what the sources give.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = `${root}src/kernels/binary/training-kernels.ts`;
// The kernels live in memory that belongs to somebody else: no static data, so nothing of it is overwritten at start.
const flags =
  '--runtime stub --importMemory --initialMemory 1 --noExportMemory --enable simd --noAssert --optimizeLevel 3 --shrinkLevel 0 --converge';
const builds = { strict: '', relaxed: ' --enable relaxed-simd' };

const binaries = [];
for (const [name, extra] of Object.entries(builds)) binaries.push([name, await compile(flags + extra)]);
const text = `// Built from src/kernels/assembly by "npm run build:kernels". Do not edit.
export const kernelsBase64 = {
${binaries.map(([name, binary]) => `  ${name}:\n    '${Buffer.from(binary).toString('base64')}',`).join('\n')}
};
`;

if (process.argv.includes('--check')) {
  const committed = await readFile(target, 'utf8').catch(() => '');
  if (committed !== text) {
    console.error('src/kernels/binary/training-kernels.ts is not what src/kernels/assembly gives: run "npm run build:kernels"');
    process.exit(1);
  }
  console.log('src/kernels/binary/training-kernels.ts is up to date');
} else {
  await writeFile(target, text);
  for (const [name, binary] of binaries) console.log(`${name}: ${binary.length} bytes of WebAssembly`);
}

async function compile(options) {
  let binary;
  const { error, stderr } = await asc.main(['index.ts', '--outFile', 'kernels.wasm', ...options.split(' ')], {
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
