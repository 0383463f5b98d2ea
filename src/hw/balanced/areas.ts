import type { AcceleratorSpec } from '../contracts.js';
import type { ComponentArea, DeclaredAreas } from '../metrics/component-area.js';
import { areas001 } from '../parts/areas.js';
import type { FrameSpec } from './options.js';

/** PEs of the designs whose areas 001 prints, and the multipliers of each. */
const printed = { pes: 64, multipliers: 16, valueBits: 32 } as const;

/**
 * Areas of 001 at 16 nm, without SRAM (ledger 1.2.8), by the PE: a design of another number of PEs is assumed to be larger in proportion,
 * but for the controller. Of other PEs nothing is known.
 */
export function areasOfDesign(design: keyof typeof areas001.designs) {
  return ({ pes, multipliers, valueBits }: FrameSpec & AcceleratorSpec): DeclaredAreas | undefined => {
    if (multipliers !== printed.multipliers || valueBits !== printed.valueBits) return undefined;
    const perPe = (component: string, { areaMm2, source }: { areaMm2: number; source: string }): ComponentArea => {
      return {
        component,
        count: pes,
        areaMm2: areaMm2 / printed.pes,
        source: `${source}; a part of ${printed.pes}, without SRAM`,
      };
    };
    if (design !== 'balanced')
      return {
        nodeNm: 16,
        withSram: false,
        components: [perPe('processing elements, network, control', areas001.designs[design])],
      };
    const { processingElements, network, controller } = areas001.components;
    return {
      nodeNm: 16,
      withSram: false,
      components: [
        perPe('processing elements', processingElements),
        perPe('interconnect', network),
        { component: 'controller', count: 1, areaMm2: controller.areaMm2, source: controller.source },
      ],
    };
  };
}
