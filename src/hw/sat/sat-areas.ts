import { area45nm, type DeclaredAreas, macMm2, sramArea } from '../metrics/component-area.js';
import type { SatSpec } from './options.js';

/** Mantissas of 11 bits against 24, and what normalises them. */
const multiplyFp16Mm2 = area45nm.multiplyFp32.areaMm2 / 4;

/** The components of a SAT at 45 nm. 002 as it is read here gives no area, and is an FPGA: these are sums of declared parts. */
export function satAreas(spec: SatSpec): DeclaredAreas {
  const { rows, cols, n, m, interleave, soreLanes, wuveLanes, bytesPerValue, sramKb } = spec;
  const { multiplyFp32, addFp32, addInt32, registerBit } = area45nm;
  const valueBits = 8 * bytesPerValue;
  const multiplyMm2 = bytesPerValue === 2 ? multiplyFp16Mm2 : multiplyFp32.areaMm2;
  const registersMm2 = ((m + 1) * valueBits + 32 * interleave) * registerBit.areaMm2;
  return {
    nodeNm: 45,
    withSram: true,
    components: [
      {
        component: 'processing elements',
        count: rows * cols,
        areaMm2: multiplyMm2 + addFp32.areaMm2 + registersMm2,
        source: 'multiplier (FP16 assumed a quarter of FP32), adder, a value and the M it selects from, a sum per output in turn',
      },
      {
        component: 'sparse online reduction engine',
        count: soreLanes * n,
        areaMm2: addInt32.areaMm2 + 2 * valueBits * registerBit.areaMm2,
        source: 'a comparison, a value and its place for each of the N that a lane keeps',
      },
      {
        component: 'weight update vector engine',
        count: wuveLanes,
        areaMm2: macMm2 + 4 * 32 * registerBit.areaMm2,
        source: 'multiplier, adder, registers for weight, slots and gradient',
      },
      sramArea('buffer', sramKb),
    ],
  };
}
