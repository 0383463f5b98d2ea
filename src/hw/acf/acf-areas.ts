import { area45nm, type DeclaredAreas, macMm2, sramArea } from '../metrics/component-area.js';
import type { AcfSpec } from './options.js';
import { switchLevels } from './tile-sums.js';

/**
 * The components of an ACF at 45 nm. 000 gives no area: these are sums of declared parts. Values are 32 bits wide here, as the prices
 * of the energy tables are.
 */
export function acfAreas(spec: AcfSpec): DeclaredAreas {
  const { rows, cols, fanOut, linkWords, queueDepth, injectors, writeWords, sramKb } = spec;
  const spes = rows * cols;
  const { addInt32, registerBit } = area45nm;
  // Two fat trees: a word of each SPE's link, and at each level above all links of the groups together.
  const linkBits = 2 * 32 * (spes + Math.ceil(spes / fanOut) * linkWords * (switchLevels(spec) - 1));
  return {
    nodeNm: 45,
    withSram: true,
    components: [
      {
        component: 'processing elements',
        count: spes,
        areaMm2: macMm2 + 32 * registerBit.areaMm2 + 2 * addInt32.areaMm2,
        source: 'multiplier, adder, accumulator, a comparison per operand',
      },
      sramArea('queues', (2 * 4 * queueDepth) / 1024, spes),
      {
        component: 'interconnect',
        count: linkBits + 4 * spes,
        areaMm2: registerBit.areaMm2,
        source: 'a register per bit of each link, and of the configuration',
      },
      {
        component: 'memory controller',
        count: spec.sparseMemoryController ? 2 * injectors + writeWords : 0,
        areaMm2: addInt32.areaMm2,
        source: 'an index addition per word and cycle',
      },
      sramArea('buffer', sramKb),
    ],
  };
}
