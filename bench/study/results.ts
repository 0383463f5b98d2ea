import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { SparsityError } from 'tfjs-sparsity';
import { label, type PlannedRun } from './plan.js';

/** What a training gave, and how it was planned. */
export interface FinishedRun extends PlannedRun {
  /** Of the 10,000 test images. */
  readonly accuracy: number;
  /** Cross-entropy. */
  readonly loss: number;
  /** Zeros among the weights of the stripped model's kernels. */
  readonly sparsity: number;
  readonly seconds: number;
}

/** The runs of a file; a last line that was cut short is left out, to be trained again. */
export function readResults(file: string): FinishedRun[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.slice(0, -1).map((line, i) => {
    try {
      return JSON.parse(line);
    } catch {
      const fix = 'delete the line: its run is trained again';
      throw new SparsityError({ what: `${file}:${i + 1}`, got: line.slice(0, 40), expected: 'a run as JSON', fix });
    }
  });
}

/** Adds a line, in place of the rest of one that was cut short. */
export function appendResult(file: string, run: FinishedRun): void {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file)) truncateSync(file, readFileSync(file).lastIndexOf('\n') + 1);
  appendFileSync(file, `${JSON.stringify(run)}\n`);
}

/**
 * The result of a planned run, if there is one.
 *
 * @throws SparsityError when it was trained under another plan: figures of two plans must not stand in one table.
 */
export function resultOf(run: PlannedRun, results: readonly FinishedRun[]): FinishedRun | undefined {
  const found = results.find(({ data, seed, ...rest }) => data === run.data && seed === run.seed && label(rest) === label(run));
  if (!found) return undefined;
  const { accuracy: _, loss: __, sparsity: ___, seconds: ____, ...planned } = found;
  if (JSON.stringify(planned) === JSON.stringify(run)) return found;
  const what = `result of ${label(run)}, seed ${run.seed}`;
  const fix = 'write to another file with --out, or take the plan back';
  throw new SparsityError({ what, got: JSON.stringify(planned), expected: JSON.stringify(run), fix });
}
