// Compiles src/kernels/assembly into src/kernels/binary/training-kernels.ts. With --check nothing is written: exit status 1 when the
// committed file is not what the sources give.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = `${root}src/kernels/binary/training-kernels.ts`;
const flags =
  '--runtime stub --importMemory --initialMemory 1 --noExportMemory --enable simd --noAssert --optimizeLevel 3 --shrinkLevel 0 --converge';

// The kernels live in memory that belongs to somebody else: no static data, so nothing of it is overwritten at start.
const binary = await compile();
const text = `// Built from src/kernels/assembly by "npm run build:kernels". Do not edit.
export const trainingKernelsBase64 =
  '${Buffer.from(binary).toString('base64')}';
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
  console.log(`src/kernels/binary/training-kernels.ts: ${binary.length} bytes of WebAssembly`);
}

async function compile() {
  let binary;
  const { error, stderr } = await asc.main(['index.ts', '--outFile', 'kernels.wasm', ...flags.split(' ')], {
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
