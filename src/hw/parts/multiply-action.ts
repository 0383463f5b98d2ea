import type { ActionName } from '../energy/actions.js';

/** The action of a multiplication of values of so many bytes: FP32 of 4, FP16 of 2, and of 1, as no table prices a narrower one. */
export function multiplyAction(bytesPerValue: 1 | 2 | 4): ActionName {
  return bytesPerValue === 4 ? 'multiplyFp32' : 'multiplyFp16';
}
