import * as z from 'zod';
import { specFields } from '../check-spec.js';

/** What the two GPU estimators have in common. */
export interface GpuOptions {
  /** Label in reports: letters, digits, `_` and `-`. @default that of the kind's first preset */
  readonly name?: string;
  /** Peak rate of dense products, a multiply-add counting as two operations, in TFLOP/s, above 0. @default that of the first preset */
  readonly peakTflops?: number;
  /** Peak rate of the off-chip memory, in GB/s, above 0. @default 1555 */
  readonly dramGbPerSecond?: number;
  /** Share of both peaks that a kernel reaches at worst, in (0, 1]. @default 0.3 */
  readonly efficiencyLow?: number;
  /** Share of both peaks that a kernel reaches at best, in (0, 1], not below `efficiencyLow`. @default 0.6 */
  readonly efficiencyHigh?: number;
  /** Time to launch a kernel, hidden at best, in microseconds, at least 0. @default 5 */
  readonly launchMicroseconds?: number;
  /** Power at rest in watt, at least 0. @default 60 */
  readonly idleW?: number;
  /** Power at most, in watt, not below `idleW`. @default 400 */
  readonly boardW?: number;
  /** Width of a value in memory, in bytes: 1, 2 or 4. @default 4 */
  readonly bytesPerValue?: 1 | 2 | 4;
  /** Where constants come from, by field. @default for values that are a preset's, the preset's source */
  readonly sources?: Readonly<Record<string, string>>;
}

const share = (fallback: number) => z.number().positive().max(1).default(fallback);

/** The fields of {@link GpuOptions} but for name and peak. */
export const gpuFields = {
  dramGbPerSecond: z.number().positive().default(1555),
  efficiencyLow: share(0.3),
  efficiencyHigh: share(0.6),
  launchMicroseconds: z.number().nonnegative().default(5),
  idleW: z.number().nonnegative().default(60),
  boardW: z.number().positive().default(400),
  bytesPerValue: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(4),
  sources: specFields.sources,
};

/** The spec of a GPU, defaults filled in. */
export type GpuSpec = z.infer<z.ZodObject<typeof gpuFields>> & { readonly peakTflops: number };

/** Refuses a range of efficiencies that is upside down. */
export const efficienciesFit: [
  (spec: { efficiencyLow: number; efficiencyHigh: number }) => boolean,
  { path: string[]; error: string },
] = [
  ({ efficiencyLow, efficiencyHigh }) => efficiencyLow <= efficiencyHigh,
  { path: ['efficiencyLow'], error: 'efficiencyHigh at most' },
];

/** Refuses more power at rest than there is. */
export const powersFit: [(spec: { idleW: number; boardW: number }) => boolean, { path: string[]; error: string }] = [
  ({ idleW, boardW }) => idleW <= boardW,
  { path: ['idleW'], error: 'boardW at most' },
];
