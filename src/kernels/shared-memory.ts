/** Pages of the largest memory: 4 GB. */
const maximumPages = 65536;

/**
 * A copy of a WebAssembly binary whose one memory, imported or its own, is declared as shared, so that threads can be given it. Nothing
 * else has to change: plain loads and stores work on shared memory as on any.
 *
 * @param binary its memory is not shared, and is its only import if it is imported first.
 * @returns undefined for a binary that is not made so.
 */
export function withSharedMemory(binary: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  for (let at = 8; at < binary.length; ) {
    const start = at;
    const id = binary[at++];
    const [size, content] = readNumber(binary, at);
    at = content + size;
    const limits = id === 5 ? ownLimits(binary, content) : id === 2 ? importedLimits(binary, content) : undefined;
    if (limits === undefined) continue;
    const [least, end] = readNumber(binary, limits + 1);
    // Only these limits follow in the section, so that it may be closed behind them.
    const section = [...binary.subarray(content, limits), 3, ...number(least), ...number(maximumPages)];
    const rest = binary[limits] === 0 ? end : readNumber(binary, end)[1];
    return Uint8Array.from([
      ...binary.subarray(0, start + 1),
      ...number(section.length + at - rest),
      ...section,
      ...binary.subarray(rest),
    ]);
  }
  return undefined;
}

/** Where the limits of a memory section lie. */
function ownLimits(binary: Uint8Array, content: number): number | undefined {
  return binary[content] === 1 && isPrivate(binary[content + 1]) ? content + 1 : undefined;
}

/** Where the limits of the first import lie, if that is a memory. */
function importedLimits(binary: Uint8Array, content: number): number | undefined {
  const [, module] = readNumber(binary, content);
  const [moduleLength, moduleName] = readNumber(binary, module);
  const [nameLength, name] = readNumber(binary, moduleName + moduleLength);
  const kind = name + nameLength;
  return binary[kind] === 2 && isPrivate(binary[kind + 1]) ? kind + 1 : undefined;
}

/** Limits of 32-bit memory that is not shared: without a maximum, or with one. */
const isPrivate = (flags: number | undefined) => flags === 0 || flags === 1;

/** An unsigned LEB128 number, and what follows it. */
function readNumber(binary: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = binary[at++] as number;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

function number(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...number(Math.floor(value / 128))];
}
