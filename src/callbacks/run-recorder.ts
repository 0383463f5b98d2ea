import { SparsityError } from '../errors.js';
import { fileError } from '../ops/atomic-write.js';
import { nodeFs } from '../ops/node-modules.js';
import { AppendFile } from './append-file.js';
import type { StepJob } from './cost-engine.js';
import { isCutFrame } from './cut-frame.js';
import { pack, type RunSettings, storedStep } from './run-record-content.js';
import {
  encodeFrame,
  frameKinds,
  lastFrames,
  type RecordFrame,
  type RecordFrames,
  recordMagic,
  scanFrames,
} from './run-record-frames.js';

/**
 * Writes the maps of a run's steps into a file that only grows: frames with a length and a checksum, so that a crash costs the step that
 * it cut at most. A file may hold several runs; the last one counts.
 */
export class RunRecorder {
  private constructor(
    private readonly file: AppendFile,
    private readonly settings: RunSettings,
    /** The step of the frame of the run, until its first step: without one it would hide the run before it. */
    private begin: number | undefined,
  ) {}

  /**
   * Opens a record, behind its whole frames. A run that goes on does so in the last run of the file, without the steps that an
   * interrupted process had recorded beyond `step`.
   *
   * @param settings its list of layers may grow until the end.
   * @param begin where a run that goes on began: the steps from there to `step` are missing if the file does not hold it.
   * @throws SparsityError for a file that is no record, is damaged before its last frame, or cannot be written.
   */
  static async open(path: string, step: number, settings: RunSettings, begin = step > 0 ? 0 : undefined): Promise<RunRecorder> {
    const scan = (await scanFrames(path)) ?? { frames: [], wholeBytes: 0, fileBytes: 0 };
    const run = begin === undefined ? undefined : lastFrames(scan);
    const end = run ? (run.own.find((frame) => isBeyond(frame, step))?.at ?? run.end) : scan.wholeBytes;
    if (scan.wholeBytes < scan.fileBytes) await checkCut(path, scan);
    if (end < scan.fileBytes) await truncate(path, end);
    const recorder = new RunRecorder(await AppendFile.open(path), settings, run ? undefined : (begin ?? step));
    try {
      if (end === 0) await recorder.file.append(recordMagic);
    } catch (error) {
      await recorder.close();
      throw error;
    }
    return recorder;
  }

  /** Adds a step. What is in the job may change hands when this is done. */
  async append(job: StepJob): Promise<void> {
    if (this.begin !== undefined) await this.add(frameKinds.run, this.begin, this.settings);
    this.begin = undefined;
    await this.add(frameKinds.step, job.step, storedStep(job));
  }

  /**
   * Notes that training has ended after `step` steps, and the layers that were met by then; of a run without a recorded step there is
   * nothing to note.
   */
  async end(step: number): Promise<void> {
    if (this.begin === undefined) await this.add(frameKinds.end, step, { layers: this.settings.layers });
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async add(kind: number, step: number, content: unknown): Promise<void> {
    await this.file.append(encodeFrame(kind, step, await pack(content)));
  }
}

function isBeyond({ kind, step }: RecordFrame, steps: number): boolean {
  return kind === frameKinds.step ? step >= steps : step > steps;
}

/** What a crash has cut may go; what is damaged has whole frames behind it, or nobody knows. */
async function checkCut(path: string, { wholeBytes, fileBytes }: RecordFrames): Promise<void> {
  const file = await (await nodeFs()).open(path, 'r').catch((cause) => {
    throw fileError(`reading ${path}`, cause);
  });
  try {
    if (await isCutFrame(file, wholeBytes, fileBytes)) return;
  } finally {
    await file.close();
  }
  const fix = 'record into another file; replayRun still reads this one up to there';
  const expected = 'whole frames, of which the last one may be cut';
  throw new SparsityError({ what: path, got: `a damaged frame at byte ${wholeBytes}`, expected, fix });
}

async function truncate(path: string, bytes: number): Promise<void> {
  try {
    await (await nodeFs()).truncate(path, bytes);
  } catch (cause) {
    throw fileError(`writing ${path}`, cause);
  }
}
