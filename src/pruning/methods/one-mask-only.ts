import type { KernelInfo } from '../contracts.js';

/** Why a kernel takes no mask of its own for the input gradient and no thinned operands, or undefined when it does. */
export function oneMaskOnly({ oneMask }: KernelInfo): string | undefined {
  return oneMask ? 'its products are not known: one mask serves both directions, and operands are not thinned' : undefined;
}
