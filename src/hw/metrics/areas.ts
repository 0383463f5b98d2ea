import type { AcceleratorSpec } from '../contracts.js';
import { registry } from '../registry.js';
import type { DeclaredAreas } from './component-area.js';

/** The area of an accelerator, modelled from declared components. Areas of different nodes, with and without SRAM, must not be compared. */
export interface Areas extends DeclaredAreas {
  readonly totalMm2: number;
}

/**
 * The area of an accelerator: sum over its components of count * area of one, off-chip memory left out; the kinds of 001 declare
 * theirs without any SRAM. Undefined for kinds that declare no areas, and for those of 001 with other than 16 multipliers of 32 bits per PE.
 *
 * @param spec as `acf().spec` holds it, with all defaults filled in.
 * @example
 * ```ts
 * areasOf(acf().spec)?.nodeNm; // 45
 * ```
 */
export function areasOf(spec: AcceleratorSpec): Areas | undefined {
  const declared = Object.hasOwn(registry, spec.kind) ? registry[spec.kind].areas?.(spec) : undefined;
  if (!declared) return undefined;
  const totalMm2 = declared.components.reduce((sum, { count, areaMm2 }) => sum + count * areaMm2, 0);
  return { ...declared, totalMm2 };
}
