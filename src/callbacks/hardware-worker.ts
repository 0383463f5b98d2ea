import { SparsityError } from '../errors.js';
import { type AcceleratorSpec, createAccelerator } from '../hw/index.js';
import { isNode, nodeThreads } from '../ops/node-modules.js';
import { type CostEngine, type CostTotals, createCostEngine, type StepJob } from './cost-engine.js';

/** What the pool asks of a worker; requests are answered in their order. */
export type WorkerRequest =
  | { readonly kind: 'open'; readonly specs: readonly AcceleratorSpec[]; readonly begin: CostTotals }
  | { readonly kind: 'step'; readonly job: StepJob }
  | { readonly kind: 'totals' };

/** The answer, or the parts of the error that came instead. */
export type WorkerReply = { readonly value: unknown } | { readonly error: SparsityError['parts'] };

let engine: CostEngine | undefined;

function answer(request: WorkerRequest): unknown {
  if (request.kind === 'open') {
    engine = createCostEngine(request.specs.map(createAccelerator), request.begin);
    return request.specs.length;
  }
  return request.kind === 'step' ? engine?.execute(request.job) : engine?.totals();
}

function reply(request: WorkerRequest): WorkerReply {
  try {
    return { value: answer(request) };
  } catch (error) {
    return { error: partsOf(error) };
  }
}

/** Errors lose their class on the way between threads: their parts travel instead. */
function partsOf(error: unknown): SparsityError['parts'] {
  if (error instanceof SparsityError) return error.parts;
  const got = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    what: 'accelerator model',
    got,
    expected: 'counts of the step',
    fix: 'run with workers: 0 to see the error where it happens',
  };
}

// The first reply says that this module runs: a page whose policy forbids workers never gets one, and computes inline.
const ready: WorkerReply = { value: 'ready' };
if (isNode()) {
  // No await here: bundlers make classic scripts of workers, which know no top-level await.
  void nodeThreads().then(({ parentPort }) => {
    parentPort?.on('message', (request: WorkerRequest) => parentPort.postMessage(reply(request)));
    parentPort?.postMessage(ready);
  });
} else {
  const scope = globalThis as unknown as {
    onmessage: (event: MessageEvent<WorkerRequest>) => void;
    postMessage(reply: WorkerReply): void;
  };
  scope.onmessage = ({ data }) => scope.postMessage(reply(data));
  scope.postMessage(ready);
}
