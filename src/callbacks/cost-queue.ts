import type { StepJob, StepSummary } from './cost-engine.js';
import type { CostHost } from './cost-host.js';

/** Steps that may wait or be under way: enough to even out slow steps, few enough to bound memory. */
const limit = 16;

/** The steps on their way through a host, in order. Makes its user wait when it is full; loses none. */
export class CostQueue {
  readonly statistics = { workers: 0, maxDepth: 0, waits: 0 };
  private readonly pending: Promise<void>[] = [];
  private failure: unknown;

  /** @param onDone called for each step that is through, in their order. */
  constructor(private readonly onDone: (summary: StepSummary) => void) {}

  /** Puts a step in; throws the first error of any step. */
  async submit(host: CostHost, job: StepJob): Promise<void> {
    this.statistics.workers = host.workers;
    while (this.pending.length >= limit) {
      this.statistics.waits += 1;
      await this.pending[0];
    }
    this.pending.push(this.run(host, job));
    this.statistics.maxDepth = Math.max(this.statistics.maxDepth, this.pending.length);
    this.throwFailure();
  }

  /** Waits until every step is through; throws the first error of any. */
  async drain(): Promise<void> {
    await Promise.all(this.pending);
    this.throwFailure();
  }

  /** Never rejects, since nobody may be waiting: an error is kept for the next call. */
  private async run(host: CostHost, job: StepJob): Promise<void> {
    try {
      this.onDone(await host.execute(job));
    } catch (error) {
      this.failure ??= error;
    }
    this.pending.shift();
  }

  private throwFailure(): void {
    if (this.failure) throw this.failure;
  }
}
