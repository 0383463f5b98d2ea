import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { AllocationReportData } from '../../src/callbacks/allocate-run.js';
import { RunRecorder } from '../../src/callbacks/run-recorder.js';
import { methodFromConfig } from '../../src/pruning/index.js';
import { kernelInfo, kernelState, rng } from '../pruning/kernel-info.js';
import { temporaryDirectory } from '../support/temporary.js';
import { stepJobs } from './support/step-jobs.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

function allocate(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  expect(existsSync(main), 'dist is built: npm run build').toBe(true);
  const { status, stdout, stderr } = spawnSync('node', [main, 'allocate', ...args], { encoding: 'utf8', timeout: 60_000 });
  return { status, stdout, stderr };
}

describe('tfjs-sparsity allocate', () => {
  it('prints the layers and the trace, and writes options that make a method', async () => {
    const out = join(await temporaryDirectory(), 'map.yaml');
    const args = ['lenet5', '--batch', '2', '-a', 'scnn', '--sparsity', '0.7', '--step', '0.1', '--exclude', 'conv1,out'];
    const { status, stdout, stderr } = allocate(...args, '--out', out);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(
      /^lenet5, 2 images, of which 1 drawn: synthetic maps \(bernoulli, seed 1\)\ndeclared zeros: W 0, A 0\.5 /,
    );
    expect(stdout).toContain('mean of 1 step\nA and E as given;');
    expect(stdout).toContain('asked for sparsity 70.0 %, found');
    const options = parse(readFileSync(out, 'utf8'));
    expect(options.exclude).toEqual(['conv1', 'out']);
    expect(options.finalSparsity).toBeCloseTo(0.7, 4);
    const method = methodFromConfig({ name: 'gradual', endStep: 10, ...options });
    expect(method.skip({ ...kernelInfo([2, 2]), name: 'out' })).toBeDefined();
    const names = Object.keys(options.allocation.sparsities);
    expect(names).toEqual(['conv2', 'fc1', 'fc2']);
    const kernels = names.map((name) => kernelState(new Float32Array(1000).fill(1), { ...kernelInfo([1000, 1]), name }));
    const masks = method.updateMasks(kernels, { step: 10, sparsity: options.finalSparsity, rng });
    masks.forEach(({ forward }, i) => {
      const zeros = forward ? forward.filter((bit) => bit === 0).length : 0;
      expect(zeros / 1000).toBeCloseTo(options.allocation.sparsities[names[i]], 2);
    });
  });

  it('takes the record of a run, of which the last steps count, and prints JSON alone', async () => {
    const path = join(await temporaryDirectory(), 'run.maps');
    const settings = { every: 1, offset: 0, images: null, layers: ['frozen', 'last'] };
    const recorder = await RunRecorder.open(path, 0, settings);
    for (const job of stepJobs(3)) await recorder.append(job);
    await recorder.end(3);
    await recorder.close();
    const { status, stdout } = allocate('--run', path, '--target', '0.2', '--last-steps', '2', '--metric', 'edp', '--json');
    expect(status).toBe(0);
    const result = JSON.parse(stdout) as AllocationReportData & { readonly conditions: readonly string[] };
    expect(result.conditions).toEqual([`${path}: a run of 3 steps; every step, all images`]);
    expect(result).toMatchObject({
      label: 'modelled',
      accelerator: 'acf',
      metric: 'edp',
      steps: 2,
      target: { costReduction: 0.2 },
    });
    expect(Object.keys(result.map.sparsities)).toEqual(['last']);
    expect(result.reached).toBe(result.costReduction >= 0.2);
  });

  it.each([
    [['lenet5'], /^--target: got neither, expected a target, or a sparsity/],
    [['lenet5', '--target', '1.5'], /^--target: got 1.5, expected a fraction above 0 and below 1. Write 50 % as 0.5/],
    [['lenet5', '--target', '0.5', '-a', 'acf,scnn'], /^--accelerator: got acf,scnn, expected one accelerator/],
    [
      ['lenet5', '--target', '0.5', '-a', 'a100-fp16'],
      /^--accelerator: got a100-fp16, .* the bounds of an estimator are told by compare -a a100-fp16/,
    ],
    [['lenet5', '--target', '0.5', '--exclude', 'conv'], /^layer of the recorded steps: got conv, .*Did you mean conv/],
    [['lenet5', '--target', '0.5', '--out', 'map.txt'], /^--out: got map.txt, expected a file that ends in .json or .yaml/],
    [
      ['lenet5', '--target', '0.5', '--last-steps', '2'],
      /^--last-steps: got 2, expected nothing besides a network, .* --run FILE/,
    ],
    [
      ['lenet5', '--target', '0.5', '--last-steps', '1'],
      /^--last-steps: got 1, expected nothing besides a network, .* --run FILE/,
    ],
  ])('refuses %j with one message', (args, message) => {
    const { status, stdout, stderr } = allocate(...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBe(1);
  });

  it('has no flag for the zeros of weights: which of them go is what is asked', () => {
    const { status, stderr } = allocate('lenet5', '--target', '0.5', '--weight-sparsity', '0.5');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Unknown argument weight-sparsity/);
  });
});
