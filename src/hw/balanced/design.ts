import { tableOf } from '../check-spec.js';
import { checkedRun } from '../checked-run.js';
import type { Accelerator, AcceleratorSpec, GemmWork, PhaseWork, WorkCounts } from '../contracts.js';
import { transferCycles } from '../parts/double-buffer.js';
import { evenBatch } from '../whole-batch.js';
import { behindLinks } from './behind-links.js';
import { networkWords, type Routes } from './network-words.js';
import type { FrameSpec } from './options.js';
import { gemmTraffic, type Memory, type StepLayers, type StoredWork, stepLayers, storedWork, updateTraffic } from './traffic.js';
import { type Execution, updateCounts, workCounts } from './work-counts.js';

/** What sets a design apart: its cycles, and where tensors go. The rest, of memory, network and energy, the designs share. */
export interface DesignExecution extends Execution {
  readonly routes: Routes;
}

/**
 * Builds a design of 001's comparison.
 *
 * @param execute what it does for a GEMM, given its tensors as stored and the cycles in which the work before stores its outputs.
 */
export function buildDesign<Spec extends FrameSpec & AcceleratorSpec>(
  spec: Spec,
  memory: Memory,
  execute: (work: GemmWork, stored: StoredWork, storeCycles: number) => DesignExecution,
): Accelerator {
  function executeWork(work: PhaseWork, layers: StepLayers, storeCycles: number): { counts: WorkCounts; storeBytes: number } {
    if (work.kind === 'update') {
      const traffic = updateTraffic(work, layers, memory);
      return { counts: updateCounts(work, traffic, spec), storeBytes: traffic.storeBytes };
    }
    const stored = storedWork(work, layers, memory);
    const traffic = gemmTraffic(work, stored, spec, memory);
    const execution = execute(evenBatch(work), stored, storeCycles);
    const words = networkWords(stored, execution.routes);
    const { actions } = execution;
    const allActions = {
      ...actions,
      nocHop: (actions.nocHop ?? 0) + words.hops,
      sramSmallAccess: (actions.sramSmallAccess ?? 0) + words.peWords,
      sramLargeAccess: (actions.sramLargeAccess ?? 0) + words.bufferWords,
      indexOp: (actions.indexOp ?? 0) + stored.output.nonzeros, // an output is compressed value by value ...
      zeroDetect: stored.output.elements, // ... of those that are not zero
    };
    const moved = behindLinks({ ...execution, actions: allActions }, spec);
    return { counts: workCounts(work, moved, traffic, spec), storeBytes: traffic.storeBytes };
  }

  return {
    spec,
    energyTable: tableOf(spec.energyTable),
    start(state) {
      let storeBytes = state?.[0] ?? 0; // of the work before
      return checkedRun({
        executeStep(works) {
          const layers = stepLayers(works);
          const counts = works.map((work) => {
            const done = executeWork(work, layers, transferCycles(storeBytes, spec.dramBytesPerCycle));
            storeBytes = done.storeBytes;
            return done.counts;
          });
          return { works: counts };
        },
        state: () => [storeBytes],
      });
    },
  };
}
