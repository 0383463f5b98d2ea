import { fileError } from '../ops/atomic-write.js';
import { nodeFs } from '../ops/node-modules.js';
import { AppendFile } from './append-file.js';
import type { StepJob } from './cost-engine.js';
import { pack, type RunSettings, storedStep } from './run-record-content.js';
import { encodeFrame, frameKinds, type RecordFrame, recordMagic, scanFrames } from './run-record-frames.js';

/**
 * Writes the maps of a run's steps into a file that only grows: frames with a length and a checksum, so that a crash costs the step that
 * it cut at most. A file may hold several runs; the last one counts.
 */
export class RunRecorder {
  private constructor(private readonly file: AppendFile) {}

  /**
   * Opens a record, behind its whole frames. A run that goes on (`step` above 0) goes on in the last run of the file, without the steps
   * that an interrupted process had recorded beyond that.
   */
  static async open(path: string, step: number, settings: RunSettings): Promise<RunRecorder> {
    const { frames, wholeBytes, fileBytes } = (await scanFrames(path)) ?? { frames: [], wholeBytes: 0, fileBytes: 0 };
    const lastRun = frames.findLastIndex(({ kind }) => kind === frameKinds.run);
    const goesOn = step > 0 && lastRun >= 0;
    const beyond = goesOn ? frames.slice(lastRun + 1).find((frame) => isBeyond(frame, step)) : undefined;
    const end = beyond?.at ?? wholeBytes;
    if (end < fileBytes) await truncate(path, end);
    const recorder = new RunRecorder(await AppendFile.open(path));
    try {
      if (end === 0) await recorder.file.append(recordMagic);
      if (!goesOn) await recorder.add(frameKinds.run, step, settings);
    } catch (error) {
      await recorder.close();
      throw error;
    }
    return recorder;
  }

  /** Adds a step. What is in the job may change hands when this is done. */
  async append(job: StepJob): Promise<void> {
    await this.add(frameKinds.step, job.step, storedStep(job));
  }

  /** Notes that training has ended after `step` steps. */
  async end(step: number): Promise<void> {
    await this.add(frameKinds.end, step, {});
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

async function truncate(path: string, bytes: number): Promise<void> {
  try {
    await (await nodeFs()).truncate(path, bytes);
  } catch (cause) {
    throw fileError(`writing ${path}`, cause);
  }
}
