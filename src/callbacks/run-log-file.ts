import { SparsityError } from '../errors.js';
import { fileError } from '../ops/atomic-write.js';
import { nodeFs, nodePath } from '../ops/node-modules.js';
import type { Json, Logs } from './base-callback.js';
import type { LayerMaskMap } from './mask-maps.js';
import type { MaskUpdate } from './mask-statistics.js';

/** A line of a run log. Steps, epochs and batches count from 0. */
export type RunLogLine =
  /** A run begins. */
  | { readonly type: 'run'; readonly config: Json }
  /** The run goes on after `step` steps; what an interrupted process had logged beyond them is gone. */
  | { readonly type: 'resume'; readonly step: number }
  /** A step was done: the batch's logs, `size` among them. */
  | { readonly type: 'step'; readonly step: number; readonly epoch: number; readonly logs: Logs }
  /** An epoch has ended after `step` steps. */
  | { readonly type: 'epoch'; readonly step: number; readonly epoch: number; readonly logs: Logs }
  /** Masks were made after `step` steps, beside `maskStatistics()`. */
  | ({ readonly type: 'masks' } & MaskUpdate)
  /** The masks at the end of training, after `step` steps, beside `maskStatistics()`. */
  | { readonly type: 'maskMaps'; readonly step: number; readonly layers: readonly LayerMaskMap[] }
  /** Training has ended after `step` steps; `error` says why when it failed. */
  | { readonly type: 'end'; readonly step: number; readonly error?: string };

/** The file of a run log inside its directory. */
export async function runLogPath(dir: string): Promise<string> {
  return (await nodePath()).join(dir, 'run.jsonl');
}

/** JSON has no NaN and no infinities; a log does: they are stored as strings. */
export function encodeLine(line: RunLogLine): string {
  const text = JSON.stringify(line, (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value));
  return `${text}\n`;
}

/** The lines of a log, without a torn last one; null when there is no file. */
export async function readLines(file: string): Promise<RunLogLine[] | null> {
  let text: string;
  try {
    text = await (await nodeFs()).readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ENOENT') return null;
    throw fileError(`reading ${file}`, cause);
  }
  const lines = text.split('\n');
  lines.pop(); // empty behind a whole last line, else a torn line
  return lines.map((line, i) => {
    try {
      return decodeLine(line);
    } catch {
      throw unreadable(`${file}:${i + 1}`, line.slice(0, 60));
    }
  });
}

function decodeLine(text: string): RunLogLine {
  const line = JSON.parse(text) as RunLogLine;
  if (line.type !== 'step' && line.type !== 'epoch') return line;
  return { ...line, logs: Object.fromEntries(Object.entries(line.logs).map(([name, value]) => [name, Number(value)])) };
}

function unreadable(what: string, got: string): SparsityError {
  return new SparsityError({ what, got, expected: 'a line of JSON that runLog() has written', fix: 'remove the damaged line' });
}

/** The lines from the beginning of the last run on. */
export function lastRun(lines: readonly RunLogLine[]): RunLogLine[] {
  return lines.slice(Math.max(0, lines.map((line) => line.type).lastIndexOf('run')));
}

/**
 * Reads the last run that {@link runLog} has logged into a directory. A last line torn by a crash is left out. Node only.
 *
 * @throws SparsityError when there is no log, or a line in the middle is damaged.
 * @example
 * ```ts
 * const lines = await readRunLog('runs/lenet');
 * const losses = lines.flatMap((line) => (line.type === 'step' ? [line.logs.loss] : []));
 * ```
 */
export async function readRunLog(dir: string): Promise<RunLogLine[]> {
  const file = await runLogPath(dir);
  const lines = await readLines(file);
  if (lines) return lastRun(lines);
  const fix = 'check the directory, or train with the runLog() callback first';
  throw new SparsityError({ what: file, got: 'no such file', expected: 'the log of a run', fix });
}
