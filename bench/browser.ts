/**
 * Training steps in a browser: wall milliseconds on tfjs's own wasm kernels, dense on ours, and sparse, interleaved in one page, medians.
 * The page is bundled as an app of a user is, and Chromium runs it without a window, or Firefox (`--browser /usr/bin/firefox-esr`).
 *
 *     npm run bench:browser [-- --browser /usr/bin/chromium --nets "mlp 784-512,cnn 4" --sparsity 0.9 --rounds 15 --threads 2]
 *
 * `--threads` runs it on one thread and on so many, each in a browser of its own, and fails where their weights differ in a bit. The page is
 * then served with the headers that make it cross-origin isolated (`--isolated` serves it so for one thread, too, and `--no-isolated`
 * shows what is said where they are missing).
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import type { PageOptions, PageResult } from './browser/page.js';
import { checkBeginnings } from './check-names.js';
import { readFlags } from './read-flags.js';
import { refuse } from './refuse.js';
import { nets } from './training-nets.js';

const args = await readFlags({
  browser: { type: 'string', default: '/usr/bin/chromium', describe: 'A Chromium, or a Firefox, by its name' },
  nets: { type: 'string', default: 'mlp 784-512,cnn 4', describe: 'Networks, by the beginning of their names' },
  sparsity: { type: 'number', default: 0.9 },
  rounds: { type: 'number', default: 15, describe: 'Timed steps of each variant, interleaved' },
  threads: { type: 'number', default: 1, describe: 'Also on so many threads' },
  isolated: { type: 'boolean', describe: 'Cross-origin isolated; by default for threads only' },
  limit: { type: 'number', default: 300, describe: 'Seconds until the browser is given up' },
});

if (!existsSync(args.browser)) refuse(`--browser: got ${args.browser}, expected a program. See --help for the flags.`);
checkBeginnings('--nets', args.nets.split(','), Object.keys(nets));
const isolated = args.isolated ?? args.threads > 1;

interface ServedFile {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** What the server has, by path. */
async function pages(): Promise<Map<string, ServedFile>> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const built = await build({
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    resolve: {
      alias: [
        { find: /^tfjs-sparsity$/, replacement: join(root, 'dist/index.js') },
        { find: /^tfjs-sparsity\/(\w+)$/, replacement: join(root, 'dist/$1/index.js') },
      ],
    },
    build: {
      write: false,
      target: 'esnext',
      modulePreload: false,
      rolldownOptions: { input: fileURLToPath(new URL('./browser/page.js', import.meta.url)) },
    },
  });
  const { output } = built as Rolldown.RolldownOutput;
  const script = (part: Rolldown.RolldownOutput['output'][number]) => (part.type === 'chunk' ? part.code : part.source);
  const html = `<!doctype html><title>bench</title><script type="module" src="/${output[0].fileName}"></script>`;
  const wasm = ['', '-simd', '-threaded-simd'].map((kind) => `tfjs-backend-wasm${kind}.wasm`);
  const { resolve } = createRequire(import.meta.url);
  return new Map<string, ServedFile>([
    ['/', { type: 'text/html', body: html }],
    ...output.map((part) => [`/${part.fileName}`, { type: 'text/javascript', body: script(part) }] as const),
    ...wasm.map((name) => {
      const body = readFileSync(resolve(`@tensorflow/tfjs-backend-wasm/dist/${name}`));
      return [`/wasm/${name}`, { type: 'application/wasm', body }] as const;
    }),
  ]);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** What the browser needs to run without a window, and without anything that it kept. */
function flagsFor(profile: string): readonly string[] {
  if (basename(args.browser).includes('firefox')) return ['--headless', '--no-remote', '--profile', profile];
  return ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', `--user-data-dir=${profile}`];
}

/** Serves the page until it answers. */
async function runPage(files: ReadonlyMap<string, ServedFile>, options: PageOptions): Promise<PageResult> {
  const profile = mkdtempSync(join(tmpdir(), 'bench-browser-'));
  const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
  let answered: (text: string) => void;
  const answer = new Promise<string>((resolve) => {
    answered = resolve;
  });
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') answered(await bodyOf(request));
    const file = files.get(request.url ?? '');
    response.writeHead(file ? 200 : 404, { 'Content-Type': file?.type ?? 'text/plain', ...(isolated ? isolation : {}) });
    response.end(file?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}/#${encodeURIComponent(JSON.stringify(options))}`;
  // A group of its own, which can be ended with all its processes: those write to the profile until they end.
  const browser = spawn(args.browser, [...flagsFor(profile), address], { stdio: 'ignore', detached: true });
  const ended = new Promise<never>((_, reject) => {
    browser.once('error', reject);
    browser.once('exit', (code) => reject(new Error(`the browser ended with code ${code} before the page answered`)));
    setTimeout(() => reject(new Error(`the page has not answered for ${args.limit} s`)), 1000 * args.limit).unref();
  });
  try {
    const result = JSON.parse(await Promise.race([answer, ended])) as PageResult | { readonly error: string };
    if ('error' in result) throw new Error(`in the page: ${result.error}`);
    return result;
  } finally {
    ended.catch(() => {});
    if (browser.pid && browser.exitCode === null) process.kill(-browser.pid, 'SIGKILL');
    server.closeAllConnections();
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

function print({ browser, isolated, message, rows }: PageResult, oneThread?: PageResult): void {
  console.log(`${browser}${isolated ? ', cross-origin isolated' : ''}\n${message}\nmedian of ${args.rounds}, SGD`);
  const columns = 'network               batch  variant    wall ms  times stock  times dense';
  console.log(oneThread ? `${columns}  times one thread` : columns);
  for (const [i, { net, batch, variant, wallMs }] of rows.entries()) {
    const times = (baseMs = 0) => (baseMs / wallMs).toFixed(2);
    const over = (other: string) => times(rows.find((row) => row.net === net && row.variant === other)?.wallMs);
    const name = variant === 'sparse' ? `${100 * args.sparsity} %` : variant;
    const cells = [net.padEnd(21), String(batch).padStart(5), ` ${name.padEnd(8)}`, wallMs.toFixed(2).padStart(9)];
    const compared = [over('stock').padStart(12), over('dense').padStart(12)];
    if (oneThread) compared.push(times(oneThread.rows[i].wallMs).padStart(17));
    console.log([...cells, ...compared].join(' '));
  }
}

const files = await pages();
const oneThread = await runPage(files, { ...args, threads: 1 });
print(oneThread);
if (args.threads > 1) {
  const several = await runPage(files, args);
  print(several, oneThread);
  if (isolated && !several.message.includes(`, ${args.threads} threads`)) throw new Error(`not on ${args.threads} threads`);
  const differing = several.rows.filter(({ bits }, i) => bits !== oneThread.rows[i].bits);
  if (differing.length > 0)
    throw new Error(`other weights than on one thread: ${differing.map(({ net, variant }) => `${net} ${variant}`).join(', ')}`);
  console.log('the same weights as on one thread, bit for bit');
}
