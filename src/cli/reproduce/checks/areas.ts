import { areas001 } from '../../../hw/index.js';
import type { Check } from '../verdict.js';

const { designs, components, processingElement, processingElementParts, powerShares } = areas001;
const pes = 64;

/** Areas and static power of 001 (claims 17 and 18): sums and ratios of its own figures. */
export const areas = {
  areaSums: () => ({
    literal: {
      accelerator: sum(Object.values(components).map(({ areaMm2 }) => areaMm2)),
      PEs: pes * processingElement.areaMm2,
    },
    notes: [
      `the network is ${((100 * components.network.areaMm2) / designs.balanced.areaMm2).toFixed(0)} % of it; 448 MB of SRAM are not in it`,
    ],
  }),
  peAreaSum: () => ({ literal: { PE: sum(Object.values(processingElementParts).map(({ areaMm2 }) => areaMm2)) } }),
  areaRatios: () => {
    const against = (areaMm2: number) => 100 * (designs.balanced.areaMm2 / areaMm2 - 1);
    const { scnn001, sigma001, sparseTrain001 } = designs;
    return {
      literal: { SIGMA: against(sigma001.areaMm2), SCNN: against(scnn001.areaMm2), SparseTrain: against(sparseTrain001.areaMm2) },
    };
  },
  staticPowerParts: () => {
    const { controller, network } = components;
    const microwatts = (share: number) => (1e6 * share * processingElement.staticW).toFixed(0);
    return {
      literal: {
        proposed: controller.staticW + pes * processingElement.staticW + network.staticW,
        controller: controller.staticW,
        PE: processingElement.staticW,
      },
      notes: [
        `${(1000 * network.staticW).toFixed(1)} mW are left for the network; of a PE, index units and compression ${microwatts(powerShares.indexAndCompression)} uW, balance unit ${microwatts(powerShares.balanceUnit)} uW`,
      ],
    };
  },
} satisfies Record<string, Check>;

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0);
}
