import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { canonicalJson } from '../../callbacks/canonical-json.js';
import { fileError } from '../../ops/atomic-write.js';
import { isNetworkFile, loadNetwork } from '../workload/load-network.js';
import type { Workload } from '../workload/workload.js';

/** Digests of workloads by what they hold. Each file is read once. */
export class WorkloadDigests {
  private readonly contents = new Map<string, Promise<string | null>>();

  /** Names settings and content: points of one do the same work. */
  async of(workload: Workload): Promise<string> {
    return digest([workload, await this.contentOf(workload)]);
  }

  /** What the files of a workload hold, since their names do not tell; null where there are none. */
  contentOf(workload: Workload): Promise<string | null> {
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

async function digestFiles(workload: Workload): Promise<string | null> {
  if ('run' in workload) return digestFile(workload.run);
  return isNetworkFile(workload.network) ? digest((await loadNetwork(workload)).network) : null;
}

async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
  return hash.digest('hex');
}
