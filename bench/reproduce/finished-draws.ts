import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { type DrawJob, settingsOf } from './draw-job.js';
import type { Draw } from './simulations.js';

const lineSchema = z.object({ key: z.string(), draw: z.unknown() });

/** The draws that are done, in a file of a JSON line each: a run that was stopped goes on where it was. */
export interface FinishedDraws {
  find(job: DrawJob): Draw | undefined;
  add(job: DrawJob, draw: Draw): void;
}

/** Opens such a file; a line that a crash has cut short is passed over. */
export function finishedDraws(path: string): FinishedDraws {
  const done = new Map<string, Draw>();
  for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
    const parsed = lineSchema.safeParse(parseLine(line));
    if (parsed.success) done.set(parsed.data.key, parsed.data.draw as Draw);
  }
  return {
    find: (job) => done.get(digest(settingsOf(job))),
    add(job, draw) {
      mkdirSync(dirname(path), { recursive: true });
      // The new line first: behind a line cut short it would be lost with it.
      appendFileSync(path, `\n${JSON.stringify({ key: digest(settingsOf(job)), draw })}`);
    },
  };
}

/** A short name for settings: equal settings, equal name. */
export function digest(settings: unknown): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
