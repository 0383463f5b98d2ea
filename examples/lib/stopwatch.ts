import type { Json, RunState } from 'tfjs-sparsity/callbacks';

/** What a training took. */
export interface TrainingTimes {
  /** All of it, in seconds: with models of accelerators, tests, logs and checkpoints. */
  readonly seconds: number;
  /** The steps and their mask updates, in seconds: the mean of those that were timed, times all. Absent where none was. */
  readonly trainingSeconds?: number;
}

/** Times a training; as part of a checkpoint it goes on where the run goes on. */
export class Stopwatch implements RunState {
  readonly key = 'stopwatch';
  /** For the begin of the list of callbacks. */
  readonly stepBegin = { onBatchBegin: async () => this.beginStep() };
  /** For the place behind the last callback that counts. */
  readonly stepEnd = { onBatchEnd: async () => this.endStep() };

  private readonly began = performance.now();
  private stepBegan = 0;
  private sums = { secondsBefore: 0, steps: 0, timedSteps: 0, timedSeconds: 0 };

  /** @param isTimed of the index of a step, from 0. */
  constructor(private readonly isTimed: (step: number) => boolean) {}

  times(): TrainingTimes {
    const { steps, timedSteps, timedSeconds } = this.sums;
    const seconds = this.seconds();
    return timedSteps === 0 ? { seconds } : { seconds, trainingSeconds: (timedSeconds / timedSteps) * steps };
  }

  runState(): Json {
    return { ...this.sums, secondsBefore: this.seconds() };
  }

  restoreRunState(stored: Json): void {
    this.sums = { ...(stored as typeof this.sums) };
  }

  private seconds(): number {
    return this.sums.secondsBefore + (performance.now() - this.began) / 1000;
  }

  private beginStep(): void {
    this.stepBegan = performance.now();
  }

  private endStep(): void {
    const { sums } = this;
    if (this.isTimed(sums.steps)) {
      sums.timedSteps += 1;
      sums.timedSeconds += (performance.now() - this.stepBegan) / 1000;
    }
    sums.steps += 1;
  }
}
