import { energy45nm, network, networkMacs, networks003, presets } from '../../../hw/index.js';
import type { TacticalResults } from '../tactical-results.js';
import type { Check, Figures, Outcome } from '../verdict.js';
import { networkClaims } from './tactical-networks.js';
import { sweepClaims } from './tactical-sweeps.js';

/** What paper 003 claims, beside the front end modelled here (claims 28 to 42). */
export const tacticalClaims = {
  ...networkClaims,
  ...sweepClaims,
  ineffectualLeft: () => ({ literal: { 'left, %': 100 - 64.6 } }),
  scnnSlowdown: ({ tactical }) => {
    if (!tactical || tactical.scnn.length === 0) return undefined;
    const { scnn } = tactical;
    const at = (sparsity: number) => scnn.find((one) => one.sparsity === sparsity);
    const speed = { dense: at(0)?.speed ?? Number.NaN, zeros: at(0.2)?.speed ?? Number.NaN };
    return {
      ...{ literal: { 'speed, dense': speed.dense }, repaired: { 'speed, dense': at(0)?.foldedSpeed ?? Number.NaN } },
      laws: [
        { text: 'slower than the dense baseline without zeros', holds: speed.dense < 1 },
        { text: 'faster where both have more than 15 % zeros', holds: speed.zeros > 1 },
      ],
      notes: [
        `speed over DaDianNao++ by zeros of both operands: ${speeds(scnn, 'speed')}`,
        `over DaDianNao++ with its first layers folded: ${speeds(scnn, 'foldedSpeed')}`,
        `over as many multipliers that never idle: ${speeds(scnn, 'idealSpeed')}`,
      ],
    };
  },
  peakRate: () => {
    const { tiles, filters, lanes, clockGhz } = presets.dadiannao as unknown as Record<string, number>;
    return { literal: { TOPS: (2 * tiles * filters * lanes * clockGhz) / 1000 } };
  },
  relativeEnergies: () => {
    const { actions } = energy45nm();
    const relative = (action: string, times = 1) => Math.round((times * actions[action].pj) / actions.indexOp.pj);
    return {
      literal: {
        'int add': relative('indexOp'),
        'float add': relative('addFp32'),
        register: relative('registerAccess'),
        'float multiply': relative('multiplyFp32'),
        SRAM: relative('sramSmallAccess'),
        DRAM: relative('dramByte', 4),
      },
      notes: [
        'the 32 KB SRAM at 5 pJ is named sram_small here: it is half of a 64-bit access to 8 KB in the source of the table',
      ],
    };
  },
  convolutionMacs: () => macs('conv'),
  denseMacs: () => macs('dense'),
} satisfies Record<string, Check>;

function speeds(scnn: TacticalResults['scnn'], of: 'speed' | 'foldedSpeed' | 'idealSpeed'): string {
  return scnn.map((one) => `${one.sparsity}: ${one[of].toFixed(2)}`).join(', ');
}

/** Table 1 in millions: literal as it counts, repaired by the networks' definitions. */
function macs(kind: 'conv' | 'dense'): Outcome {
  const counts = (mode: 'table1' | 'standard'): Figures =>
    Object.fromEntries(networks003.map((name) => [name, networkMacs(network(name, { mode }))[kind] / 1e6]));
  const [literal, repaired] = [counts('table1'), counts('standard')];
  const differ = networks003.filter((name) => Math.abs(literal[name] - repaired[name]) > 0.1);
  const list = differ.map((name) => `${name} ${repaired[name].toFixed(1)}`).join(', ');
  return { literal, repaired, notes: differ.length > 0 ? [`by definition: ${list}`] : [] };
}
