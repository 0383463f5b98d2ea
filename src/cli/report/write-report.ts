import { extname } from 'node:path';
import { SparsityError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { writeAtomically } from '../../ops/atomic-write.js';
import type { Report } from './contracts.js';
import { htmlReport } from './html-report.js';
import { markdownReport } from './markdown-report.js';
import { parquetReport } from './parquet-report.js';
import { svgReport } from './svg-chart.js';

/** A result and the report that is made of it. */
export interface Reported {
  readonly result: unknown;
  readonly report: Report;
}

type Writer = (reported: Reported) => string | Promise<Uint8Array>;

const writers: Readonly<Record<string, Writer>> = {
  '.json': ({ result }) => `${JSON.stringify(result, null, 1)}\n`,
  '.html': ({ report }) => htmlReport(report),
  '.svg': ({ report }) => svgReport(report),
  '.md': ({ report }) => markdownReport(report),
  '.parquet': ({ report }) => parquetReport(report),
};

/**
 * Refuses names of files whose ending is no format, before anything is computed.
 *
 * @throws SparsityError naming the file.
 */
export function checkOutputs(paths: readonly string[]): void {
  const endings = Object.keys(writers);
  for (const path of paths) {
    const ending = extname(path);
    if (endings.includes(ending)) continue;
    throw new SparsityError({
      what: '--out',
      got: path,
      expected: `a file that ends in ${endings.join(', ')}`,
      fix: nearest(ending, endings),
    });
  }
}

/**
 * Writes a report into files, each in the format that its ending names; a file is whole or not there.
 *
 * @throws SparsityError where a file cannot be written.
 */
export async function writeReport(reported: Reported, paths: readonly string[]): Promise<void> {
  checkOutputs(paths);
  for (const path of paths) await writeAtomically(path, await writers[extname(path)](reported));
}
