import { SparsityError } from '../../errors.js';
import type { NetworkLayer } from '../networks/contracts.js';

/** Bits are numbered in 32 bits. */
const mostElements = 2 ** 32;

/**
 * Refuses layers whose maps have more elements than can be drawn.
 *
 * @param images of a map.
 * @throws SparsityError naming the layer.
 */
export function checkMapSizes(layers: readonly NetworkLayer[], images: number): void {
  for (const { name, kind, nest } of layers) {
    const { inSize, outSize, kernelSize, inChannels, outChannels, groups } = nest;
    const sizes = [
      [images, ...inSize, inChannels],
      [images, ...outSize, outChannels],
      [...(kind === 'attention' ? [images] : kernelSize), inChannels / groups, outChannels],
    ];
    const elements = Math.max(...sizes.map((shape) => shape.reduce((product, size) => product * size, 1)));
    if (elements <= mostElements) continue;
    throw new SparsityError({
      what: `layer ${name}`,
      got: `a map of ${elements} elements`,
      expected: `at most ${mostElements}`,
      fix: 'take fewer images, or a smaller layer',
    });
  }
}
