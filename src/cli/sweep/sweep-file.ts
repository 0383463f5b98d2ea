import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { SparsityError } from '../../errors.js';
import { byPhaseSchema } from '../../hw/phases.js';
import { fileError } from '../../ops/atomic-write.js';
import { makeDirectory } from '../../ops/make-directory.js';

const settings = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const costsSchema = z.object({
  cycles: z.number(),
  energyPj: z.number(),
  areaMm2: z.number().nullable(),
  areaBasis: z.string().nullable().optional(),
  clockGhz: z.number().nullable().optional(),
  utilisation: z.number(),
  idealCycles: z.number(),
  limitedBy: z.string(),
  cyclesByPhase: byPhaseSchema,
});
const pointFields = {
  id: z.string(),
  settings,
  /** Settings of the workload that were not given; files of earlier versions lack them. */
  defaults: settings.optional(),
  /** What the files of the workload hold and lack; files of earlier versions lack it. */
  notes: z.array(z.string()).readonly().optional(),
  /** Digest of the workload's content; files of earlier versions lack it. */
  workload: z.string().optional(),
  /** Of the package that found the costs; files of earlier versions lack it. */
  version: z.string().optional(),
};
const lineSchema = z.union([
  z.strictObject({ ...pointFields, costs: costsSchema }),
  z.strictObject({ ...pointFields, error: z.string() }),
]);

/** A line of a sweep's file: a point that is done. */
export type FinishedPoint = z.infer<typeof lineSchema>;

/** What a sweep's file holds. */
export interface SweepFile {
  readonly points: readonly FinishedPoint[];
  /** Bytes of a last line that was cut short; it does not count. */
  readonly cutBytes: number;
}

/**
 * Reads the finished points of a sweep; none when there is no file.
 *
 * @throws SparsityError naming file and line when a line is damaged.
 */
export function readSweepFile(path: string): SweepFile {
  if (!existsSync(path)) return { points: [], cutBytes: 0 };
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
  // In bytes: a character that is cut in half has another length as text.
  const wholeBytes = bytes.lastIndexOf('\n') + 1;
  const lines = bytes.toString('utf8', 0, wholeBytes).split('\n');
  const points = lines.flatMap((line, i) => (line === '' ? [] : [parseLine(line, `${path}:${i + 1}`)]));
  return { points, cutBytes: bytes.length - wholeBytes };
}

/** A sweep's file that grows by a line for each point: what was added survives a crash. */
export class SweepWriter {
  private constructor(
    private readonly path: string,
    private readonly file: number,
  ) {}

  /** Opens a file, without a last line that was cut short. */
  static async open(path: string, { cutBytes }: SweepFile): Promise<SweepWriter> {
    try {
      await makeDirectory(dirname(path));
      const file = openSync(path, 'a');
      if (cutBytes > 0) truncateSync(path, readFileSync(path).length - cutBytes);
      return new SweepWriter(path, file);
    } catch (cause) {
      throw fileError(`writing ${path}`, cause);
    }
  }

  add(point: FinishedPoint): void {
    try {
      // Not writeSync, which may write less.
      writeFileSync(this.file, `${JSON.stringify(point)}\n`);
    } catch (cause) {
      throw fileError(`writing ${this.path}`, cause);
    }
  }

  close(): void {
    closeSync(this.file);
  }
}

function parseLine(line: string, place: string): FinishedPoint {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch {
    const fix = 'remove the line: its point is then done again';
    throw new SparsityError({ what: place, got: line.slice(0, 60), expected: 'a point of a sweep', fix });
  }
}
