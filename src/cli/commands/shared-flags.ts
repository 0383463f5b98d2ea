import type { Options } from 'yargs';
import { SparsityError } from '../../errors.js';
import { checkWritable } from '../check-writable.js';
import { textReport } from '../report/text-report.js';
import { checkOutputs, type Reported, writeReport } from '../report/write-report.js';
import { allCores } from '../run/work-pool.js';

/** Flags as yargs hands them over. */
export type Args = Readonly<Record<string, unknown>>;

/** The argument that names a network. */
export const networkArgument = {
  type: 'string',
  describe: 'A network (resnet20), saved model (model.json) or topology (.csv)',
} as const satisfies Options;

/** The flags of every command that computes. */
export const computeFlags = {
  workers: { type: 'number', default: allCores, describe: 'Threads to use', defaultDescription: 'all cores' },
  json: { type: 'boolean', default: false, describe: 'Print the result as JSON' },
} as const satisfies Record<string, Options>;

/** The flag that names the files to write. */
export const outFlag = {
  out: { type: 'string', array: true, describe: 'File to write: .json, .html, .svg, .md or .parquet; may be repeated' },
} as const satisfies Record<string, Options>;

/** Flags of which all but switches need a value: without one they would pass in silence. */
export function valued(flags: Readonly<Record<string, Options>>): Readonly<Record<string, Options>> {
  const entries = Object.entries(flags).map(([name, flag]) => [name, { ...flag, requiresArg: flag.type !== 'boolean' }]);
  return Object.fromEntries(entries);
}

/** The flag that names accelerators. */
export function acceleratorFlag(fallback: string): Readonly<Record<'accelerators', Options>> {
  const describe = 'Presets or spec files (.yaml, .json), joined by commas; all for all presets';
  return { accelerators: { alias: 'a', type: 'string', default: fallback, describe } };
}

/** The list of `--accelerators`; a flag that is repeated adds to it. */
export function acceleratorList({ accelerators }: Args): string {
  return [accelerators].flat().join(',');
}

/**
 * @throws SparsityError unless it is a positive integer.
 */
export function workersOf({ workers }: Args): number {
  if (Number.isInteger(workers) && (workers as number) >= 1) return workers as number;
  throw new SparsityError({ what: '--workers', got: workers, expected: 'a positive integer', fix: 'leave it out for all cores' });
}

/** The files of `--out`, whose endings are known and which can be written. */
export async function outputsOf({ out }: Args): Promise<readonly string[]> {
  const paths = (out ?? []) as readonly string[];
  checkOutputs(paths);
  await checkWritable(paths);
  return paths;
}

/** Writes the files of a result, then prints it: who closes the pipe early has the files, and whose disk is full has the print. */
export async function emit(reported: Reported, { json }: Args, outputs: readonly string[]): Promise<void> {
  try {
    await writeReport(reported, outputs);
  } finally {
    console.log(json ? JSON.stringify(reported.result, null, 1) : textReport(reported.report));
  }
}
