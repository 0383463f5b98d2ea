import { SparsityError } from '../errors.js';
import { type Accelerator, type BitTensor, createAccelerator, type LayerTensors } from '../hw/index.js';
import { canonicalJson } from './canonical-json.js';
import { type CostTotals, createCostEngine, type StepJob, type StepSummary } from './cost-engine.js';
import type { WorkerReply, WorkerRequest } from './hardware-worker.js';
import { coreCount, startWorker, type WorkerThread } from './threads.js';

/** Where cost engines run: on this thread, or on workers. Answers come in the order of the questions. */
export interface CostHost {
  /** Workers at work; 0 means inline. */
  readonly workers: number;
  execute(job: StepJob): Promise<StepSummary>;
  totals(): Promise<CostTotals>;
  close(): void;
}

/**
 * Opens a host. Each accelerator lives on one worker, since its run keeps state from step to step.
 *
 * @param workers upper bound; undefined: one less than there are cores. Inline when 0, when an accelerator cannot be built again from
 *   its spec, and when workers do not start here.
 */
export async function openCostHost(
  accelerators: readonly Accelerator[],
  begin: CostTotals,
  workers: number | undefined,
): Promise<CostHost> {
  const count = Math.min(accelerators.length, workers ?? Math.max(1, (await coreCount()) - 1));
  if (count === 0 || !accelerators.every(isRebuildable)) return inlineHost(accelerators, begin);
  const groups = Array.from({ length: count }, (_, w) => accelerators.filter((_, i) => i % count === w));
  const clients = groups.map(() => new WorkerClient());
  try {
    await Promise.all(clients.map((client) => client.start()));
  } catch (reason) {
    for (const client of clients) client.close();
    console.warn(`hardwareCost computes on the main thread, since workers do not start here. ${(reason as Error).message}`);
    return inlineHost(accelerators, begin);
  }
  const opened = clients.map((client, i) =>
    client.ask({ kind: 'open', specs: (groups[i] as Accelerator[]).map(({ spec }) => spec), begin }),
  );
  await Promise.all(opened);
  return pooledHost(
    clients,
    accelerators.map(({ spec }) => spec.name),
  );
}

function inlineHost(accelerators: readonly Accelerator[], begin: CostTotals): CostHost {
  const engine = createCostEngine(accelerators, begin);
  return { workers: 0, execute: async (job) => engine.execute(job), totals: async () => engine.totals(), close: () => {} };
}

function pooledHost(clients: readonly WorkerClient[], names: readonly string[]): CostHost {
  /** Keys in the order in which the user named the accelerators, however they were dealt out. */
  const merge = <T>(parts: readonly Readonly<Record<string, T>>[]): Record<string, T> => {
    const all = Object.assign({}, ...parts) as Record<string, T>;
    return Object.fromEntries(names.map((name) => [name, all[name] as T]));
  };
  return {
    workers: clients.length,
    async execute(job) {
      const { records, transfer } = movable(job.records);
      const request = { kind: 'step', job: { ...job, records } } as const;
      // All but the last worker get copies; the last one gets the words themselves.
      const answers = clients.map((client, i) => client.ask<StepSummary>(request, i === clients.length - 1 ? transfer : []));
      const summaries = await Promise.all(answers);
      return { ...(summaries[0] as StepSummary), accelerators: merge(summaries.map((summary) => summary.accelerators)) };
    },
    async totals() {
      return merge(await Promise.all(clients.map((client) => client.ask<CostTotals>({ kind: 'totals' }))));
    },
    close() {
      for (const client of clients) client.close();
    },
  };
}

/** One worker and the questions it has not answered yet. */
class WorkerClient {
  private thread: WorkerThread | undefined;
  private readonly waiting: { resolve(value: unknown): void; reject(error: Error): void }[] = [];
  private failure: Error | undefined;

  async start(): Promise<void> {
    const ready = this.next();
    ready.catch(() => {}); // a worker may fail before anybody waits for it
    this.thread = await startWorker(
      (message) => this.settle(message as WorkerReply),
      (error) => this.fail(error),
    );
    await ready;
  }

  ask<T>(request: WorkerRequest, transfer: ArrayBuffer[] = []): Promise<T> {
    if (this.failure) return Promise.reject(this.failure);
    const answer = this.next<T>();
    this.thread?.keepAlive(true);
    this.thread?.post(request, transfer);
    return answer;
  }

  close(): void {
    this.thread?.terminate();
    this.fail(new Error('the worker was closed'));
  }

  private next<T>(): Promise<T> {
    return new Promise<T>((resolve, reject) => this.waiting.push({ resolve: resolve as (value: unknown) => void, reject }));
  }

  private settle(message: WorkerReply): void {
    const first = this.waiting.shift();
    if (this.waiting.length === 0) this.thread?.keepAlive(false);
    if ('error' in message) first?.reject(new SparsityError(message.error));
    else first?.resolve(message.value);
  }

  private fail(cause: Error): void {
    this.failure ??= new SparsityError({
      what: 'hardware worker',
      got: cause.message,
      expected: 'a running worker',
      fix: 'run with workers: 0, which computes on the main thread',
    });
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}

/** The records with words that can change hands: each in a buffer of its own, shared tensors listed once. */
function movable(records: readonly LayerTensors[]): { records: LayerTensors[]; transfer: ArrayBuffer[] } {
  const moved = new Map<BitTensor, BitTensor>();
  const move = (bits: BitTensor): BitTensor => {
    const words = bits.words.byteLength === bits.words.buffer.byteLength ? bits.words : bits.words.slice();
    if (!moved.has(bits)) moved.set(bits, { shape: bits.shape, words });
    return moved.get(bits) as BitTensor;
  };
  const own = records.map((record) => ({
    ...record,
    W: move(record.W),
    backwardW: move(record.backwardW),
    A: move(record.A),
    E: record.E && move(record.E),
    backwardE: record.backwardE && move(record.backwardE),
    gradientA: record.gradientA && move(record.gradientA),
    G: record.G && move(record.G),
  }));
  return { records: own, transfer: [...new Set([...moved.values()].map(({ words }) => words.buffer as ArrayBuffer))] };
}

/** Whether the spec alone makes the accelerator: one may have been given another energy table than that of its spec. */
function isRebuildable({ spec, energyTable }: Accelerator): boolean {
  try {
    return canonicalJson(createAccelerator(spec).energyTable) === canonicalJson(energyTable);
  } catch {
    return false;
  }
}
