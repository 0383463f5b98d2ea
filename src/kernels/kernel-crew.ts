import { SparsityError } from '../errors.js';
import { type KernelBuild, kernelBuilds, type WasmFunction, wasmFunctions } from './wasm-functions.js';

// A call of a kernel is cut into parts that write to different places. The caller and its helpers, on threads of their own, take part
// after part until none is left, so that a helper that is late, or asleep, or has lost its core to another program holds up nobody.

/** Words of the control block, in cache lines of their own where both sides write. */
const word = {
  ...{ call: 0, left: 16, finished: 32, failed: 48, kernel: 49, build: 50, arguments: 51 },
  /** For each helper whether it is at a part. */
  ...{ busy: 64, first: 80 },
} as const;
/** Parts that a call may be cut into. */
export const mostParts = 8;
const mostArguments = 32;
const textAt = 4 * (word.first + mostParts * mostArguments);
const textLength = 256;
/** Parts for each thread: few, since each reads its operands anew, and some, for a thread that comes late. */
const partsEach = 2;
/** Looks at the control block before a thread goes to sleep: some tenths of a millisecond, the time between two kernels of a step. */
const looks = 20_000;
/** Longer than any part takes. */
const limitMs = 60_000;

/** Who makes the calls of kernels on a memory. */
export interface Crew {
  /** Into how many parts it cuts at most. */
  readonly size: number;
  /** Parts of a range of `length`, cut at multiples of `unit`. */
  parts(length: number, unit?: number): readonly (readonly [from: number, to: number])[];
  /** Makes the calls of a kernel, one for each list of arguments; they write to different places. */
  run(kernel: string, calls: readonly (readonly number[])[]): void;
}

type Control = Int32Array<SharedArrayBuffer>;

/** Helpers, and whom they help. */
interface Hired {
  readonly control: Control;
  readonly helpers: number;
  /** Whether the caller's thread may sleep. */
  readonly maySleep: boolean;
  /** Parts of a call that had no end in time; 0 where there is no such call. */
  awaited: number;
}

const hiredFor = new WeakMap<WebAssembly.Memory, Hired>();

/** The crew of a memory: the caller, and the helpers that were hired for it before. */
export function crewOn(memory: WebAssembly.Memory, build: KernelBuild): Crew {
  const functions = wasmFunctions(memory, build);
  const hired = hiredFor.get(memory);
  if (!hired) return { size: 1, parts: (length) => [[0, length]], run: (kernel, [args]) => functions[kernel](...args) };
  const kernels = Object.values(functions);
  const numbers = new Map(Object.keys(functions).map((name, number) => [name, number]));
  const size = Math.min(mostParts, partsEach * (1 + hired.helpers));
  return {
    size,
    parts: (length, unit = 1) => cut(length, unit, size),
    run(kernel, calls) {
      checkNoneIsLate(hired);
      if (calls.length === 1) functions[kernel](...calls[0]);
      else callTogether(hired, kernels, build, numbers.get(kernel) as number, calls);
    },
  };
}

/** A control block, which helpers are given before they are hired. */
export function createControl(): Control {
  return new Int32Array(new SharedArrayBuffer(textAt + 2 * textLength));
}

/** Has the crews of a memory, on this thread, work with the helpers on a control block. */
export function hire(memory: WebAssembly.Memory, helpers: number, control: Control): void {
  hiredFor.set(memory, { control, helpers, maySleep: maySleep(control), awaited: 0 });
}

/** The thread that shows a page is refused every wait, also one that would be over at once. */
function maySleep(control: Control): boolean {
  try {
    Atomics.wait(control, word.call, 0, 0);
    return true;
  } catch {
    return false;
  }
}

function cut(length: number, unit: number, most: number): [number, number][] {
  const units = Math.ceil(length / unit);
  const count = Math.max(1, Math.min(most, units));
  const at = (part: number) => Math.min(length, Math.floor((part * units) / count) * unit);
  return Array.from({ length: count }, (_, part) => [at(part), at(part + 1)]);
}

/**
 * What a helper does for all its life: the kernels of each build, in the order of the module.
 *
 * @param helper its number, from 0.
 */
export function help(control: Control, builds: readonly (readonly WasmFunction[])[], helper: number): never {
  for (let seen = 0; ; ) {
    for (let look = 0; look < looks && Atomics.load(control, word.call) === seen; look++);
    Atomics.wait(control, word.call, seen);
    seen = Atomics.load(control, word.call);
    control[word.busy + helper] = 1;
    takeParts(control, () => builds[control[word.build]]);
    control[word.busy + helper] = 0;
  }
}

/**
 * Fails the call that waits for a helper whose thread has ended at a part of it; called by another thread than those of the crew. What the
 * others do of later calls they do without it.
 */
export function bury(control: Control, helper: number): void {
  if (Atomics.exchange(control, word.busy + helper, 0) === 0) return;
  writeText(control, 'the thread that was at a part of it has ended');
  control[word.failed] = 1;
  Atomics.add(control, word.finished, 1);
  Atomics.notify(control, word.finished);
}

/** Makes the calls of a kernel, one for each list of arguments, with the help of whoever waits on the control block. */
function callTogether(
  hired: Hired,
  kernels: readonly WasmFunction[],
  build: KernelBuild,
  kernel: number,
  calls: readonly (readonly number[])[],
): void {
  const { control } = hired;
  control[word.build] = kernelBuilds.indexOf(build);
  control[word.kernel] = kernel;
  control[word.arguments] = calls[0]?.length as number;
  calls.forEach((args, part) => {
    control.set(args, word.first + part * mostArguments);
  });
  control[word.failed] = 0;
  Atomics.store(control, word.finished, 0);
  Atomics.store(control, word.left, calls.length);
  Atomics.add(control, word.call, 1);
  Atomics.notify(control, word.call);
  takeParts(control, () => kernels);
  if (!areAllFinished(hired, calls.length)) {
    hired.awaited = calls.length;
    throw failed(`no answer for ${limitMs / 1000} s`);
  }
  if (control[word.failed] === 1) throw failed(readText(control));
}

/** A part that comes late would write where later calls have other tensors: nothing is computed before it has ended. */
function checkNoneIsLate(hired: Hired): void {
  const { control, awaited } = hired;
  if (awaited === 0) return;
  if (Atomics.load(control, word.finished) < awaited) throw failed('a part of an earlier call that has not ended yet');
  hired.awaited = 0;
}

/**
 * Takes parts of the call of now, the last one first, until none is left. Nothing of a call is read before a part of it is taken: a thread may
 * lose its core at any point, and only a call that waits for its part does not become the next one meanwhile. Where none is left the count goes
 * below 0, once for each thread that asks.
 */
function takeParts(control: Control, kernelsOf: () => readonly WasmFunction[]): void {
  for (;;) {
    const part = Atomics.sub(control, word.left, 1) - 1;
    if (part < 0) return;
    const begin = word.first + part * mostArguments;
    try {
      (kernelsOf()[control[word.kernel] as number] as WasmFunction)(
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

/** Waits for the end of all parts; false when there is none within the limit. */
function areAllFinished({ control, maySleep }: Hired, parts: number): boolean {
  for (const end = performance.now() + limitMs; ; ) {
    let finished = 0;
    for (let look = 0; look < looks; look++) {
      finished = Atomics.load(control, word.finished);
      if (finished === parts) return true;
    }
    // The thread that shows a page looks on.
    if (maySleep) Atomics.wait(control, word.finished, finished, limitMs);
    if (performance.now() >= end) return false;
  }
}

function failed(reason: string): SparsityError {
  return new SparsityError({
    what: 'a kernel on several threads',
    got: reason,
    expected: 'an end of all its parts',
    fix: "take the step again, from a checkpoint where there is one, or start anew without `threads`: useBackend('wasm') computes on one",
  });
}

function writeText(control: Control, text: string): void {
  const codes = new Uint16Array(control.buffer, textAt, textLength).fill(0);
  for (let i = 0; i < Math.min(text.length, textLength); i++) codes[i] = text.charCodeAt(i);
}

function readText(control: Control): string {
  const codes = new Uint16Array(control.buffer, textAt, textLength);
  return String.fromCharCode(...codes.slice(0, codes.indexOf(0)));
}
