import { join } from 'node:path';
import type { CostReportData, LayerSparsityRow, RunLogLine } from 'tfjs-sparsity/callbacks';
import { readJson, writeJson } from './json-file.js';
import type { TrainingTimes } from './stopwatch.js';

/** All that the table and the page show of one trained network. */
export interface RunResult extends TrainingTimes {
  readonly name: string;
  readonly method: string;
  readonly accuracy: number;
  readonly loss: number;
  readonly layers: readonly LayerSparsityRow[];
  readonly cost?: CostReportData;
  /** Training loss, accuracy and weight sparsity of each step. */
  readonly steps: readonly {
    readonly step: number;
    readonly loss: number;
    readonly accuracy: number;
    readonly sparsity: number;
  }[];
  /** The lines of the log that tell of masks; none for a network that stays dense. */
  readonly masks: readonly RunLogLine[];
  /** Test accuracy after each epoch. */
  readonly epochs: readonly { readonly step: number; readonly accuracy: number }[];
}

/** Keeps the result of a finished training in its folder. */
export async function writeResult(dir: string, result: RunResult): Promise<void> {
  await writeJson(join(dir, 'result.json'), result);
}

/** The result of the training in a folder; undefined when it has not ended. */
export async function readResult(dir: string): Promise<RunResult | undefined> {
  return (await readJson(join(dir, 'result.json'))) as RunResult | undefined;
}
