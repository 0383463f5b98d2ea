import * as z from 'zod';
import { optimizerSchema } from './optimizer-config.js';

const count = z.int().positive();
const layers = z.union([z.string(), z.array(z.string())]);

const policySchema = z.strictObject({
  include: layers.optional(),
  exclude: layers.optional(),
  classes: layers.optional(),
  minWeights: z.int().nonnegative().optional(),
  divisibleBy: z.strictObject({ input: count.optional(), output: count.optional() }).optional(),
  skipFirst: z.boolean().optional(),
  skipLast: z.boolean().optional(),
  policy: z.enum(['xnnpack']).optional(),
});

/** Names that a script knows, of which a file must give one. */
export interface KnownNames {
  readonly model?: readonly string[];
  readonly data?: readonly string[];
}

/**
 * What a file of a run may hold. The method is checked by itself.
 *
 * @param optimizer the file's optimizer, whose name decides what its options are.
 */
export function runConfigSchema(optimizer: unknown, names: KnownNames) {
  const oneOf = (known: readonly string[] | undefined) => (known ? z.enum(known as [string]) : z.string()).optional();
  return z.strictObject({
    method: z.unknown().optional(),
    policy: policySchema.optional(),
    execution: z.enum(['dense', 'sparse']).optional(),
    breakEven: z.number().min(0).max(1).optional(),
    seed: z.int().optional(),
    model: oneOf(names.model),
    data: oneOf(names.data),
    epochs: count.optional(),
    batchSize: count.optional(),
    optimizer: optimizerSchema((optimizer as { name?: unknown } | null | undefined)?.name).optional(),
    accelerators: z.array(z.string()).optional(),
  });
}
