import type { WasmFunction } from './wasm-functions.js';

// A call of a kernel is cut into chunks that write to different places. The caller and its helpers, on threads of their own, take chunk
// after chunk until none is left, so that a helper that is late, or asleep, or has lost its core to another program holds up nobody.

/** Words of the control block, in cache lines of their own where both sides write. */
const word = { call: 0, next: 16, finished: 32, failed: 48, chunks: 49, kernel: 50, arguments: 51, first: 64 } as const;
/** Chunks that a call may be cut into. */
export const mostChunks = 16;
const mostArguments = 32;
const textAt = 4 * (word.first + mostChunks * mostArguments);
const textLength = 256;
/** No chunk has this number: while `next` holds it or more, there is nothing to take. */
const closed = 2 ** 20;
/** Looks at the control block before a thread goes to sleep: some tenths of a millisecond, the time between two kernels of a step. */
const looks = 20_000;
/** Longer than any chunk takes. */
const limitMs = 60_000;

/** The memory in which the caller and its helpers meet. */
export function newControl(): Int32Array<SharedArrayBuffer> {
  const control = new Int32Array(new SharedArrayBuffer(textAt + 2 * textLength));
  control[word.next] = closed;
  return control;
}

/** What a helper does for all its life: `kernels` in the order that the caller's numbers refer to. */
export function help(control: Int32Array<SharedArrayBuffer>, kernels: readonly WasmFunction[]): never {
  for (let seen = 0; ; ) {
    for (let look = 0; look < looks && Atomics.load(control, word.call) === seen; look++);
    Atomics.wait(control, word.call, seen);
    seen = Atomics.load(control, word.call);
    takeChunks(control, kernels);
  }
}

/** Makes the calls of a kernel, one for each list of arguments, with the help of whoever waits on the control block. */
export function callTogether(
  control: Int32Array<SharedArrayBuffer>,
  kernels: readonly WasmFunction[],
  kernel: number,
  calls: readonly (readonly number[])[],
): void {
  control[word.kernel] = kernel;
  control[word.chunks] = calls.length;
  control[word.arguments] = calls[0]?.length as number;
  calls.forEach((args, chunk) => {
    control.set(args, word.first + chunk * mostArguments);
  });
  control[word.failed] = 0;
  Atomics.store(control, word.finished, 0);
  Atomics.store(control, word.next, 0);
  Atomics.add(control, word.call, 1);
  Atomics.notify(control, word.call);
  takeChunks(control, kernels);
  awaitAll(control, calls.length);
  Atomics.store(control, word.next, closed);
  if (control[word.failed] === 1) throw new Error(`a kernel failed: ${readText(control)}`);
}

function takeChunks(control: Int32Array<SharedArrayBuffer>, kernels: readonly WasmFunction[]): void {
  for (;;) {
    const chunk = Atomics.add(control, word.next, 1);
    if (chunk >= closed || chunk >= (control[word.chunks] as number)) return;
    const begin = word.first + chunk * mostArguments;
    try {
      (kernels[control[word.kernel] as number] as WasmFunction)(
        ...control.subarray(begin, begin + (control[word.arguments] as number)),
      );
    } catch (error) {
      writeText(control, String(error));
      control[word.failed] = 1;
    }
    Atomics.add(control, word.finished, 1);
    Atomics.notify(control, word.finished);
  }
}

function awaitAll(control: Int32Array<SharedArrayBuffer>, chunks: number): void {
  for (let look = 0; look < looks; look++) if (Atomics.load(control, word.finished) === chunks) return;
  for (let finished = 0; finished < chunks; finished = Atomics.load(control, word.finished)) {
    if (Atomics.wait(control, word.finished, finished, limitMs) === 'timed-out') {
      throw new Error(`a kernel thread has not answered for ${limitMs / 1000} s`);
    }
  }
}

function writeText(control: Int32Array<SharedArrayBuffer>, text: string): void {
  const codes = new Uint16Array(control.buffer, textAt, textLength).fill(0);
  for (let i = 0; i < Math.min(text.length, textLength); i++) codes[i] = text.charCodeAt(i);
}

function readText(control: Int32Array<SharedArrayBuffer>): string {
  const codes = new Uint16Array(control.buffer, textAt, textLength);
  return String.fromCharCode(...codes.slice(0, codes.indexOf(0)));
}
