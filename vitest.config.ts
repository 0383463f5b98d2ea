import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));
const alias = [
  { find: /^tfjs-sparsity$/, replacement: src('index.ts') },
  { find: /^tfjs-sparsity\/(kernels|hw|pruning|ops|callbacks)$/, replacement: src('$1/index.ts') },
  { find: /^tfjs-sparsity\/report$/, replacement: src('cli/report/index.ts') },
];

// Suites that touch tensors run once per backend, on wasm with the relaxed kernels, and what holds these once with the strict ones. On
// wasm and cpu files share processes, since loading tfjs takes longer than most of them; those that load modules or tfjs-node afresh do not.
const numeric = ['test/ops/**/*.test.ts', 'test/callbacks/**/*.test.ts'];
const apart = ['test/ops/poor-engines.test.ts', 'test/ops/use-backend.test.ts'];
// Rooms of functions that keep nothing: their files share processes, too.
const pure = ['test/{hw,kernels,pruning}/**/*.test.ts'];
const addon = fileURLToPath(new URL('./node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node', import.meta.url));
const backends = ['wasm', 'cpu', ...(existsSync(addon) ? ['tensorflow'] : [])];
if (!existsSync(addon)) console.log('backend tensorflow is skipped: tfjs-node is not built (npm run setup:tfjs-node)');

interface Suite {
  name: string;
  include: string[];
  exclude?: string[];
  isolate?: boolean;
}
const plain = (test: Suite) => ({
  resolve: { alias },
  test: { ...test, setupFiles: ['test/support/seed.ts'], testTimeout: 60_000 },
});
const onBackend = (TFJS_BACKEND: string, test: Suite, env = {}) => ({
  resolve: { alias },
  test: {
    ...test,
    setupFiles: ['test/support/seed.ts', 'test/support/backend.ts'],
    env: { TFJS_BACKEND, ...env },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
const strict = ['test/ops/{lanes,training-kernels,training-kernels-models}.test.ts'];

export default defineConfig({
  test: {
    projects: [
      plain({ name: 'plain', include: ['test/**/*.test.ts'], exclude: [...numeric, ...pure] }),
      plain({ name: 'pure', include: pure, isolate: false }),
      ...backends.flatMap((backend) => [
        onBackend(backend, { name: backend, include: numeric, exclude: apart, isolate: backend === 'tensorflow' }),
        onBackend(backend, { name: `${backend} apart`, include: apart }),
      ]),
      onBackend('wasm', { name: 'wasm strict', include: strict }, { TFJS_SIMD: 'strict' }),
    ],
  },
});
