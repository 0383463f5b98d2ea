import { SparsityError } from '../errors.js';
import { fileError } from '../ops/atomic-write.js';
import { nodeFs } from '../ops/node-modules.js';
import type { StepJob } from './cost-engine.js';
import { type RunSettings, restoredStep, unpack } from './run-record-content.js';
import { frameKinds, lastFrames, type RecordFrame, readPayload, scanFrames } from './run-record-frames.js';

/** The last run that a record holds. */
export interface RecordedRun {
  readonly settings: RunSettings;
  /** Optimizer steps of the run, recorded or not. */
  readonly steps: number;
  readonly recordedSteps: number;
  /** Where its whole frames end. */
  readonly wholeBytes: number;
  /** Says what is missing; null where the record is whole. */
  readonly cutShort: string | null;
  /** Says which steps are missing before others, as after a run that went on beyond its record; null where none is. */
  readonly gap: string | null;
  /** The recorded steps, in their order, one in memory at a time. */
  jobs(): AsyncGenerator<StepJob>;
}

/**
 * Opens the record of a run. One that was cut short, or is damaged, counts up to there.
 *
 * @param upTo bytes that count, of a file that may have grown since.
 * @throws SparsityError when there is no such file, it is no record, or it holds no step.
 */
export async function readRecordedRun(path: string, upTo?: number): Promise<RecordedRun> {
  const fix = 'name a file that hardwareCost({record}) has written';
  const scan = await scanFrames(path, upTo);
  if (!scan) throw new SparsityError({ what: path, got: 'no such file', expected: 'the record of a run', fix });
  const run = lastFrames(scan);
  const last = run?.own.at(-1);
  if (!run || !last) {
    throw new SparsityError({ what: path, got: 'no whole step', expected: 'the record of a run', fix });
  }
  const { first, own } = run;
  const steps = own.filter(({ kind }) => kind === frameKinds.step);
  const lost = scan.fileBytes - scan.wholeBytes;
  const problem = lost > 0 ? `the last ${lost} bytes are cut or damaged` : 'it does not tell how training ended';
  const settings = await settingsOf(path, first, own);
  const end = last.kind === frameKinds.end ? last.step : last.step + 1;
  return {
    settings,
    steps: end - first.step,
    recordedSteps: steps.length,
    wholeBytes: scan.wholeBytes,
    cutShort: last.kind === frameKinds.end && lost === 0 ? null : `${path}: ${problem}; its ${steps.length} whole steps are used`,
    gap: gapOf(path, { begin: first.step, taken: steps.map(({ step }) => step), end }, settings),
    async *jobs() {
      for await (const content of payloadsOf(path, steps)) yield restoredStep(content);
    },
  };
}

/** Steps that sampling takes, and the record has not. */
function gapOf(
  path: string,
  { begin, taken, end }: { readonly begin: number; readonly taken: readonly number[]; readonly end: number },
  { every, offset }: RunSettings,
): string | null {
  const wanted = (from: number) => from + ((((offset - from) % every) + every) % every);
  const starts = [wanted(begin), ...taken.map((step) => step + every)];
  const holes = starts.flatMap((from, i) => {
    const next = taken[i] ?? wanted(end);
    if (next <= from) return [];
    return [next - from === every ? `${from}` : `${from} to ${next - every}`];
  });
  return holes.length === 0 ? null : `${path}: without steps ${holes.join(', ')}; the others stand for them`;
}

/** What the last end knows, before what the run began with. */
async function settingsOf(path: string, first: RecordFrame, own: readonly RecordFrame[]): Promise<RunSettings> {
  const frames = [first, ...own.filter(({ kind }) => kind === frameKinds.end).slice(-1)];
  const settings = {};
  for await (const content of payloadsOf(path, frames)) Object.assign(settings, content);
  return settings as RunSettings;
}

async function* payloadsOf(path: string, frames: readonly RecordFrame[]): AsyncGenerator<unknown> {
  const file = await (await nodeFs()).open(path, 'r').catch((cause) => {
    throw fileError(`reading ${path}`, cause);
  });
  try {
    for (const frame of frames) yield await unpack(await readPayload(file, frame));
  } finally {
    await file.close();
  }
}
