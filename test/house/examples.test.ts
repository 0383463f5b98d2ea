import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import * as api from 'tfjs-sparsity';
import * as report from 'tfjs-sparsity/report';
import ts from 'typescript';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { exampleSetting } from '../support/example-setting.js';
import { docExamples, withStatedValues } from '../support/listings.js';

const AsyncFunction = (async () => {}).constructor as new (...texts: string[]) => (...values: unknown[]) => Promise<void>;
const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
const home = process.cwd();
const dir = mkdtempSync(join(tmpdir(), 'examples-'));
let scope: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  for (const method of ['log', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => undefined);
  await tf.setBackend('wasm');
  api.registerTrainingKernels();
  process.chdir(dir);
  scope = { ...api, ...report, tf, writeFile, expectStated, ...(await exampleSetting()) };
});
// An example may choose another one.
beforeEach(() => tf.setBackend('wasm'));
afterAll(() => {
  process.chdir(home);
  rmSync(dir, { recursive: true });
});

/** Holds a value against what a comment says of it: typed arrays and tensors as arrays, objects by the fields that are named. */
function expectStated(actual: unknown, stated: unknown): void {
  expect(asStated(actual, stated)).toEqual(stated);
}

/** A value in the form of a stated one: fractions with as many decimals, at least three, strings up to a final `...`. */
function asStated(actual: unknown, stated: unknown): unknown {
  if (actual instanceof tf.Tensor) return asStated(actual.arraySync(), stated);
  if (typeof actual === 'number' && typeof stated === 'number') {
    const decimals = String(stated).split('.')[1]?.length;
    return decimals ? Number(actual.toFixed(Math.max(3, decimals))) : actual;
  }
  if (typeof actual === 'string')
    return String(stated).endsWith('...') ? `${actual.slice(0, String(stated).length - 3)}...` : actual;
  if (Array.isArray(stated)) return Array.from(actual as ArrayLike<unknown>, (value, i) => asStated(value, stated[i]));
  if (typeof stated !== 'object' || stated === null) return actual;
  return Object.fromEntries(
    Object.entries(stated).map(([key, of]) => [key, asStated((actual as Record<string, unknown>)[key], of)]),
  );
}

describe('the examples of doc comments run, and their expressions have the values that stand behind them', () => {
  it.each(docExamples().map((example) => [example.place, example] as const))('%s', async (_, example) => {
    const { outputText } = ts.transpileModule(withStatedValues(example), { compilerOptions });
    await new AsyncFunction(...Object.keys(scope), `{\n${outputText}\n}`)(...Object.values(scope));
  });
});
