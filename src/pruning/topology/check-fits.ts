import { SparsityError } from '../../errors.js';
import type { KernelInfo } from '../contracts.js';
import { sizeFromShape } from '../size-from-shape.js';

/** Refuses values that are not one for each weight of a kernel. */
export function checkFits(values: ArrayLike<number>, { name, shape }: KernelInfo): void {
  const size = sizeFromShape(shape);
  if (values.length === size) return;
  const expected = `${size}, one for each weight of [${shape.join(', ')}]`;
  throw new SparsityError({
    what: `number of values of ${name}`,
    got: values.length,
    expected,
    fix: 'pass the mask of this kernel',
  });
}
