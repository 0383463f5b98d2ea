const fewBlocks = 64;
const largeBlock = 256;

/** Whether a kernel that is called for each block of `size` values takes less time than one call of tfjs's own. */
export function areWorthCalls(blocks: number, size: number): boolean {
  return blocks <= fewBlocks || size >= largeBlock;
}
