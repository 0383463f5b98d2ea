import { open } from 'node:fs/promises';
import * as z from 'zod';
import { lastRun, type RunLogLine, readLines } from '../../callbacks/run-log-file.js';
import { SparsityError } from '../../errors.js';
import { fileError } from '../../ops/atomic-write.js';
import type { Reported } from '../report/write-report.js';
import { trainingReport } from './training-report.js';

const step = z.int().nonnegative();
const share = z.number().min(0).max(1);
const rates = { sparsity: share, churn: share, iou: share, itop: share };
const size = z.int().positive();
const mapSchema = z
  .object({
    layer: z.string(),
    mask: z.enum(['forward', 'backward']),
    shape: z.array(size),
    rows: size,
    columns: size,
    cells: z.string().regex(/^([0-9a-f]{2})*$/),
    occupancy: z.array(z.int().nonnegative()).min(2),
  })
  .refine(({ rows, columns, cells }) => cells.length === 2 * rows * columns, { path: ['cells'] });
// Logs are whatever the callbacks of the run have put there.
const logs = z.record(z.string(), z.unknown());
const lineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run'), config: z.unknown() }),
  z.object({ type: z.literal('resume'), step }),
  z.object({ type: z.literal('step'), step, epoch: step, logs }),
  z.object({ type: z.literal('epoch'), step, epoch: step, logs }),
  z.object({
    type: z.literal('masks'),
    step,
    all: z.object(rates),
    layers: z.array(z.object({ layer: z.string(), weights: size, ...rates })).min(1),
  }),
  z.object({ type: z.literal('maskMaps'), step, layers: z.array(mapSchema) }),
  z.object({ type: z.literal('end'), step, error: z.string().optional() }),
]);

/** Whether a file begins as the log of a training does. */
export async function isRunLog(path: string): Promise<boolean> {
  const begin = '{"type":"run"';
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(begin.length), 0, begin.length, 0);
      return buffer.toString('utf8', 0, bytesRead) === begin;
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
}

/**
 * Reads the last run of a log that the callback `runLog()` has written. A last line torn by a crash is left out.
 *
 * @throws SparsityError naming file and line when a line is damaged.
 */
export async function readTraining(path: string): Promise<Reported> {
  const lines = (await readLines(path)) ?? [];
  let layers: number | undefined;
  lines.forEach((line, i) => {
    const { error } = lineSchema.safeParse(line);
    if (error) throw damaged(`${path}:${i + 1}`, `no valid ${error.issues[0]?.path.join('.') || 'line'}`);
    if (line.type === 'run') layers = undefined;
    if (line.type !== 'masks') return;
    layers ??= line.layers.length;
    if (line.layers.length !== layers) throw damaged(`${path}:${i + 1}`, `${line.layers.length} layers after ${layers}`);
  });
  const run = lastRun(lines);
  return { result: run satisfies readonly RunLogLine[], report: trainingReport(run) };
}

function damaged(what: string, got: string): SparsityError {
  return new SparsityError({ what, got, expected: 'a line that runLog() has written', fix: 'remove the damaged line' });
}
