import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startWebWorkers, webWorkersObstacle } from '../../src/ops/threads/web-workers.js';

// Worker threads load the built file, so these tests run on dist, in processes of their own.
const root = fileURLToPath(new URL('../..', import.meta.url));

const prelude = `
import * as tf from '@tensorflow/tfjs';
import { prunableKernels, sparsify, useBackend } from 'tfjs-sparsity/ops';
const log = () => {};
async function train() {
  const {layers} = tf;
  const seeded = (seed) => ({kernelInitializer: tf.initializers.glorotUniform({seed})});
  const dense = tf.sequential({layers: [
    layers.conv2d({filters: 12, kernelSize: 3, padding: 'same', activation: 'relu', inputShape: [9, 9, 5], ...seeded(1)}),
    layers.maxPooling2d({poolSize: 2}),
    layers.conv2d({filters: 8, kernelSize: 3, strides: 2, activation: 'relu', ...seeded(2)}),
    layers.flatten(),
    layers.dense({units: 20, activation: 'relu', ...seeded(3)}),
    layers.dense({units: 3, ...seeded(4)})]});
  const x = tf.randomNormal([40, 9, 9, 5], 0, 1, 'float32', 5);
  const y = tf.randomNormal([40, 3], 0, 1, 'float32', 6);
  const results = [];
  for (const model of [dense, sparsify(dense, {execution: 'sparse'})]) {
    model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
    if (model !== dense) for (const kernel of prunableKernels(model)) {
      const mask = Uint8Array.from(kernel.readKernel(), (_, i) => i % 3 === 0 ? 1 : 0);
      kernel.repack({forward: mask, backward: mask, gradient: mask}, {pruned: 'zero', slots: 'zero', decay: 0});
    }
    for (let step = 0; step < 5; step++) results.push(await model.trainOnBatch(x, y));
    for (const w of model.getWeights()) results.push(...w.dataSync());
  }
  return results;
}
`;

/** What a page has and node has not, and the other way round; its thread may not sleep. */
const page = `
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { Worker as Thread } from 'node:worker_threads';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
const {resolve} = createRequire(process.cwd() + '/');
const PageResponse = Response; // which looks at the version of node when it is first named
globalThis.fetch = async (url) => {
  const binary = await readFile(resolve('@tensorflow/tfjs-backend-wasm/dist' + new URL(url).pathname));
  return new PageResponse(binary, {headers: {'Content-Type': 'application/wasm'}});
};
setWasmPaths('http://localhost/');
const scope = \`
  const { parentPort } = require('node:worker_threads');
  globalThis.process = undefined;
  globalThis.postMessage = (message) => parentPort.postMessage(message);
  parentPort.once('message', (url) => import(url).then(() => parentPort.on('message', (data) => globalThis.onmessage({data}))));
\`;
globalThis.Worker = class {
  thread = new Thread(scope, {eval: true, execArgv: []});
  constructor(url) {
    this.thread.once('message', (data) => { this.thread.unref(); this.onmessage({data}); });
    this.thread.on('error', (error) => this.onerror(error));
    this.thread.postMessage(url.href);
  }
  postMessage(data) { this.thread.postMessage(data); }
};
Object.defineProperty(process, 'versions', {value: {}});
Atomics.wait = () => { throw new TypeError('a page does not wait'); };
`;

function run(script: string): { status: number | null; stdout: string; stderr: string } {
  expect(existsSync(`${root}dist/ops/threads/kernel-worker.js`), 'dist is built: npm run build').toBe(true);
  const { status, stdout, stderr } = spawnSync('node', ['--input-type=module', '-e', prelude + script], {
    cwd: root,
    encoding: 'utf8',
    timeout: 50_000,
  });
  return { status, stdout, stderr: status === 0 ? '' : stderr };
}

const failure = (got: string) =>
  `SparsityError: a kernel on several threads: got ${got}, expected an end of all its parts. Take the step again, ` +
  "from a checkpoint where there is one, or start anew without `threads`: useBackend('wasm') computes on one.";

describe('kernel threads', () => {
  it('train as one thread does, bit for bit, dense and sparse, in node and in a page, and let the process end', () => {
    const script = (threads: number) => `
      await useBackend('wasm', {threads: ${threads}});
      console.log(JSON.stringify(await train()));
    `;
    const outputs = [script(1), script(3), page + script(2)].map(run);
    const [one, ...more] = outputs.map(({ status, stdout, stderr }) => {
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      return stdout.split('\n') as [string, string];
    });
    expect(one?.[1].length).toBeGreaterThan(1000);
    for (const [i, lines] of more.entries()) {
      expect(lines[0]).toBe(`backend wasm, with the gradient kernels for training, relaxed SIMD, ${3 - i} threads (tfjs 4.22.0)`);
      expect(lines[1]).toBe(one?.[1]);
    }
  });

  it('stay when the backend is asked for again, and follow a heap that grows', () => {
    const { status, stdout, stderr } = run(`
      await useBackend('wasm', {threads: 2, log});
      const first = await train();
      const before = tf.backend().wasm.HEAPU8.length;
      const large = tf.zeros([4096, 8192]);
      await useBackend('wasm', {simd: 'strict'});
      await useBackend('wasm');
      const again = await train();
      console.log(tf.backend().wasm.HEAPU8.length > before, first.every((value, i) => value === again[i]), large.size);
    `);
    const line = (simd: string) => `backend wasm, with the gradient kernels for training, ${simd} SIMD, 2 threads (tfjs 4.22.0)`;
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: `${line('strict')}\n${line('relaxed')}\ntrue true 33554432\n`,
      stderr: '',
    });
  });

  it('report an error of a kernel, and go on', () => {
    const { status, stdout, stderr } = run(`
      const { startKernelThreads } = await import('./dist/ops/threads/kernel-threads.js');
      const { instantiateKernels, gemmScratchBytes } = await import('tfjs-sparsity/kernels');
      const memory = new WebAssembly.Memory({initial: 2, maximum: 65536, shared: true});
      await startKernelThreads(memory, 2);
      const kernels = instantiateKernels(memory);
      const gemm = (c) => kernels.gemm(1, 64, 2, 0, 8, 4, 8, 256, false, c, 256, 4096);
      new Float32Array(memory.buffer).set([2, 3, ...Array(64).fill(1), ...Array(64).fill(10)]);
      for (let i = 0; i < 100; i++) try { gemm(2 ** 30); } catch (error) { if (i === 99) console.log(String(error)); }
      new Float32Array(memory.buffer).fill(0, 256, 320);
      gemm(1024);
      console.log(new Float32Array(memory.buffer, 1024, 64).every((value) => value === 32));
    `);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: `${failure('RuntimeError: memory access out of bounds')}\ntrue\n`,
      stderr: '',
    });
  });

  it('notice at once that one of them has ended in the middle of a kernel, and go on without it', () => {
    const { status, stdout, stderr } = run(`
      const { startKernelThreads } = await import('./dist/ops/threads/kernel-threads.js');
      const { instantiateKernels } = await import('tfjs-sparsity/kernels');
      // A helper whose first kernel ends its thread.
      const helper = \`
        import { parentPort, workerData } from 'node:worker_threads';
        import { help } from '\${new URL('./dist/kernels/kernel-crew.js', 'file://' + process.cwd() + '/')}';
        parentPort.postMessage('ready');
        const end = () => process.exit(1);
        help(workerData.control, workerData.modules.map(() => Array(200).fill(end)), workerData.helper);
      \`;
      const memory = new WebAssembly.Memory({initial: 2048, maximum: 65536, shared: true});
      await startKernelThreads(memory, 2, 'data:text/javascript,' + encodeURIComponent(helper));
      const kernels = instantiateKernels(memory);
      const floats = new Float32Array(memory.buffer);
      const gemm = () => kernels.gemm(256, 1024, 256, 0, 1024, 4, 2 ** 20, 4096, false, 2 ** 21, 4096, 2 ** 23);
      let message = 'no error';
      for (let i = 0; i < 1000 && message === 'no error'; i++) try { gemm(); } catch (error) { message = String(error); }
      console.log(message);
      floats.fill(1, 0, 2 ** 19);
      floats.fill(0, 2 ** 19, 2 ** 20);
      gemm();
      console.log(floats.subarray(2 ** 19, 2 ** 19 + 2 ** 18).every((value) => value === 256));
    `);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: `${failure('the thread that was at a part of it has ended')}\ntrue\n`,
      stderr: '',
    });
  });

  it('leave other modules alone, and say why they are not to be had: where they do not start, and once the backend runs', () => {
    const { stdout } = run(`
      const { onSharedMemory } = await import('./dist/ops/threads/shared-backend.js');
      const other = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 0x6d, 2, 0);
      const {instance} = await onSharedMemory(() => WebAssembly.instantiate(other));
      console.log(instance.exports.m.buffer instanceof ArrayBuffer);
      const { startKernelThreads } = await import('./dist/ops/threads/kernel-threads.js');
      const memory = (shared) => new WebAssembly.Memory({initial: 2, maximum: 65536, shared});
      console.log(await startKernelThreads(memory(true), 2, 'data:text/javascript,throw new Error("broken")'));
      await startKernelThreads(memory(true), 2);
      const {instantiate} = WebAssembly;
      let refusals = 1;
      WebAssembly.instantiate = async (source, imports) => {
        if (refusals-- > 0) throw new RangeError('no addresses for 4 GB');
        return instantiate(source, imports);
      };
      await useBackend('wasm', {threads: 2});
      await useBackend('wasm', {threads: 2});
      await startKernelThreads(memory(true), 2);
      await useBackend('wasm', {threads: 2}).catch((error) => console.log(error.message));
      await useBackend('wasm', {threads: 1.5}).catch((error) => console.log(error.message));
    `);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 2)).toEqual(['true', 'the others did not start (broken)']);
    expect(lines[2]).toMatch(/ SIMD, one thread: the memory of the wasm backend could not be shared \(tfjs/);
    expect(lines[3]).toBe(lines[2]);
    expect(lines[4]).toMatch(/the wasm backend runs already, on memory of its own/);
    expect(lines[5]).toMatch(/^useBackend\.threads: got 1\.5, expected an integer/);
  });
});

describe('kernel threads of a browser', () => {
  afterEach(() => void vi.unstubAllGlobals());

  class Worker {
    static readonly started: Worker[] = [];
    static failing = -1;
    readonly number = Worker.started.push(this) - 1;
    onmessage?: () => void;
    onerror?: (event: { message?: string }) => void;
    got: unknown;
    ended = false;

    constructor(
      readonly url: URL,
      readonly options: object,
    ) {}

    postMessage(data: unknown) {
      this.got = data;
      queueMicrotask(() => (this.number === Worker.failing ? this.onerror?.({}) : this.onmessage?.()));
    }

    terminate() {
      this.ended = true;
    }
  }

  it('are to be had in a cross-origin isolated page, and elsewhere it is said what is missing', () => {
    vi.stubGlobal('Worker', Worker);
    vi.stubGlobal('crossOriginIsolated', true);
    expect(webWorkersObstacle()).toBeUndefined();
    vi.stubGlobal('SharedArrayBuffer', undefined);
    expect(webWorkersObstacle()).toBe('this browser has no SharedArrayBuffer');
    vi.stubGlobal('crossOriginIsolated', false);
    expect(webWorkersObstacle()).toMatch(
      /^the page is not cross-origin isolated, which takes the headers .*same-origin and .*require-corp$/,
    );
    vi.stubGlobal('Worker', undefined);
    expect(webWorkersObstacle()).toBe('there are no workers here');
  });

  it('start all or none', async () => {
    vi.stubGlobal('Worker', Worker);
    const helpers = [0, 1].map((helper) => ({ helper })) as unknown as Parameters<typeof startWebWorkers>[0];
    await startWebWorkers(helpers);
    expect(Worker.started.map(({ got, ended }) => [got, ended])).toEqual(helpers.map((data) => [data, false]));
    expect(Worker.started[0].url.href).toMatch(/\/kernel-worker\.js$/);
    expect(Worker.started[0].options).toEqual({ type: 'module' });
    Worker.failing = 3;
    await expect(startWebWorkers(helpers)).rejects.toThrow('the worker script did not load');
    expect(Worker.started.map(({ ended }) => ended)).toEqual([false, false, true, true]);
  });

  it('leave one thread where they are not to be had, and do so again', () => {
    const line = (reason: string) =>
      `backend wasm, with the gradient kernels for training, relaxed SIMD, one thread: ${reason} (tfjs 4.22.0)\n`;
    const twice = `
      for (let i = 0; i < 2; i++) await useBackend('wasm', {threads: 2});
      console.log(tf.ones([2]).sum().dataSync()[0], tf.backend().wasm.HEAPU8.buffer instanceof ArrayBuffer);
    `;
    const isolation = 'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp';
    const shared = line(`the page is not cross-origin isolated, which takes the headers ${isolation}`);
    expect(run(`${page} globalThis.crossOriginIsolated = false; ${twice}`)).toEqual({
      status: 0,
      stdout: `${shared}${shared}2 true\n`,
      stderr: '',
    });
  });
});
