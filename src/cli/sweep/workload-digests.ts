import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { canonicalJson } from '../../callbacks/canonical-json.js';
import { readRecordedRun } from '../../callbacks/recorded-run.js';
import { SparsityError } from '../../errors.js';
import { fileError } from '../../ops/atomic-write.js';
import { isNetworkFile, loadNetwork } from '../workload/load-network.js';
import { recordConditions } from '../workload/load-steps.js';
import type { Workload } from '../workload/workload.js';

/** What the files of a workload hold. */
export interface WorkloadContent {
  /** Their names do not tell; null where there are none. */
  readonly digest: string | null;
  /** How they came about, and what they lack, a line each. */
  readonly notes: readonly string[];
  /** How much of a record it is of: a run that is still recorded makes it grow. */
  readonly recordBytes?: number;
}

/** Digests of workloads by what they hold. Each file is read once. */
export class WorkloadDigests {
  private readonly contents = new Map<string, Promise<WorkloadContent>>();

  /** Names settings and content: points of one do the same work. */
  async of(workload: Workload): Promise<string> {
    return digest([workload, (await this.contentOf(workload)).digest]);
  }

  contentOf(workload: Workload): Promise<WorkloadContent> {
    const key = canonicalJson(sourceOf(workload));
    const content = this.contents.get(key) ?? digestFiles(workload);
    this.contents.set(key, content);
    return content;
  }
}

/** Plain data in sixteen characters. */
export function digest(content: unknown): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 16);
}

/** What the content depends on. */
function sourceOf(workload: Workload): unknown {
  if ('run' in workload) return workload;
  const { network, batch, inputSize, sequence, classes } = workload;
  return { network, batch, inputSize, sequence, classes };
}

async function digestFiles(workload: Workload): Promise<WorkloadContent> {
  if (!('run' in workload)) {
    if (!isNetworkFile(workload.network)) return { digest: null, notes: [] };
    const { network, notes } = await loadNetwork(workload);
    return { digest: digest(network), notes };
  }
  const { run } = workload;
  try {
    const { wholeBytes, cutShort } = await readRecordedRun(run);
    if (cutShort !== null) console.error(cutShort);
    // Of the whole bytes alone: what else there is of a record that grows is not the same at the next time.
    const notes = recordConditions(run, await readRecordedRun(run, wholeBytes));
    return { digest: await digestFile(run, wholeBytes), recordBytes: wholeBytes, notes };
  } catch (error) {
    if (!(error instanceof SparsityError)) throw error;
    // What is no record is a point without costs, and its task says why.
    return { digest: await digestFile(run, Number.POSITIVE_INFINITY), notes: [] };
  }
}

async function digestFile(path: string, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { end: bytes - 1 }), hash);
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
  return hash.digest('hex');
}
