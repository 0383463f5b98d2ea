import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { byPhaseSchema } from '../../hw/phases.js';
import { fileError } from '../../ops/atomic-write.js';
import { type DrawJob, settingsOf } from './draw-job.js';
import type { Draw } from './simulations.js';

const number = z.number();
const byRole = z.object({ W: number, A: number, E: number, G: number });
const totalsSchema = z.object({
  ...{ cycles: number, energyPj: number, interconnectPj: number, nocHops: number, dramBytes: byRole },
  cyclesByPhase: byPhaseSchema,
  macs: z.object({ dense: number, effectual: number }),
});
const balanceSchema = z.object({ even: number, coarse: number, twoLevel: number, within: number, productsWithin: number });
const drawSchema = z.object({
  ...{ network: z.string(), way: z.string(), draw: number, seconds: number },
  ...{ accelerators: z.record(z.string(), totalsSchema), sparsity: byRole, csrRows: byRole },
  balance: z.record(z.string(), balanceSchema),
});
const lineSchema = z.object({ key: z.string(), draw: drawSchema });

/** The draws that are done, in a file of a JSON line each: a run that was stopped goes on where it was. */
export interface FinishedDraws {
  find(job: DrawJob): Draw | undefined;
  add(job: DrawJob, draw: Draw): void;
}

/**
 * Opens such a file; a line that a crash has cut short, or whose draw lacks a figure, is passed over.
 *
 * @throws SparsityError where the file cannot be read, and on adding where it cannot be written.
 */
export function finishedDraws(path: string): FinishedDraws {
  const done = new Map<string, Draw>();
  for (const line of linesOf(path)) {
    const parsed = lineSchema.safeParse(parseLine(line));
    if (parsed.success) done.set(parsed.data.key, parsed.data.draw as Draw);
  }
  return {
    find: (job) => done.get(digest(settingsOf(job))),
    add(job, draw) {
      try {
        mkdirSync(dirname(path), { recursive: true });
        // The new line first: behind a line cut short it would be lost with it.
        appendFileSync(path, `\n${JSON.stringify({ key: digest(settingsOf(job)), draw })}`);
      } catch (cause) {
        throw fileError(`writing ${path}`, cause);
      }
    },
  };
}

function linesOf(path: string): readonly string[] {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
}

/** A short name for settings: equal settings, equal name. */
function digest(settings: unknown): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
