import { existsSync } from 'node:fs';
import { SparsityError } from '../errors.js';
import { readText } from './read-text.js';
import type { Cell } from './report/contracts.js';
import { htmlReport } from './report/html-report.js';
import { textReport } from './report/text-report.js';
import type { Reported } from './report/write-report.js';
import type { Simulation } from './simulation/simulation.js';
import { simulationReport } from './simulation/simulation-report.js';
import { newestPoints } from './sweep/newest-points.js';
import { readSweepFile } from './sweep/sweep-file.js';
import { reportedSweep } from './sweep/sweep-report.js';
import { isRunLog, readTraining } from './training/read-training.js';

/**
 * Reads what the other commands have written: one simulation, or all files of a sweep, of which each point counts once, as the
 * newest version of this package found it; or the log of a training.
 *
 * @throws SparsityError for a file that is missing, damaged or of another kind.
 */
export async function readReported(paths: readonly string[]): Promise<Reported> {
  const [first, second] = paths;
  const isOfLines = paths.every((path) => path.endsWith('.jsonl'));
  const missing = isOfLines ? paths.find((path) => !existsSync(path)) : undefined;
  if (missing !== undefined) await readText(missing);
  const isTraining = isOfLines && (await Promise.all(paths.map(isRunLog))).includes(true);
  if (second !== undefined && (!isOfLines || isTraining)) {
    const expected = 'one .json file, one log of a training, or .jsonl files of a sweep';
    throw new SparsityError({ what: 'files of a report', got: paths.join(' '), expected, fix: 'make a report of each' });
  }
  if (isTraining) return readTraining(first);
  if (!isOfLines) return readSimulation(first);
  const files = paths.map((path) => ({ path, ...readSweepFile(path) }));
  if (files.every(({ points }) => points.length === 0)) throw withoutLines(paths.join(' '));
  for (const { path, points, cutBytes } of files) {
    if (cutBytes > 0) console.error(`${path}: the last line is cut short and left out`);
    if (points.length === 0) console.error(`${path}: no whole line; a part of a small sweep may have no point`);
  }
  const points = files.flatMap((file) => file.points);
  return reportedSweep(newestPoints(points));
}

async function readSimulation(path: string): Promise<Reported> {
  const text = await readText(path);
  let result: Partial<Simulation> | null;
  try {
    result = JSON.parse(text);
  } catch (error) {
    throw notAResult(path, (error as Error).message);
  }
  if (result?.kind === 'simulation' && Array.isArray(result.report?.accelerators)) {
    try {
      return reportedSimulation(result as Simulation);
    } catch {
      throw notAResult(path, 'a simulation of another shape');
    }
  }
  throw notAResult(path, 'other JSON');
}

/** Tries the writers too: a field that is missing is found by whoever needs it. */
function reportedSimulation(result: Simulation): Reported {
  const report = simulationReport(result);
  textReport(report);
  htmlReport(report);
  const cells = [...report.tables, report.data].flatMap(({ rows }) => rows.flat());
  if (cells.includes(undefined as unknown as Cell)) throw new TypeError('a cell without a value');
  return { result, report };
}

function withoutLines(what: string): SparsityError {
  const expected = 'the points of a sweep, or the log of a training';
  return new SparsityError({ what, got: 'no whole line', expected, fix: 'check the path, or let what writes the file go on' });
}

function notAResult(what: string, got: string): SparsityError {
  const expected = 'a result that simulate or compare has written';
  return new SparsityError({ what, got, expected, fix: 'write one by tfjs-sparsity simulate NETWORK --out FILE.json' });
}
