import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { SparsityError } from '../errors.js';
import { specIssue } from '../hw/spec-issue.js';

const rate = { learningRate: z.number().positive() };
const fraction = z.number().min(0).lt(1).optional();
const epsilon = z.number().positive().optional();

/** The optimizers of tfjs by name: the options in plain data, and how they become one. What is left out has the default of tfjs. */
const optimizers = {
  sgd: optimizer({}, ({ learningRate }) => tf.train.sgd(learningRate)),
  momentum: optimizer({ momentum: fraction, useNesterov: z.boolean().optional() }, (options) =>
    tf.train.momentum(options.learningRate, options.momentum ?? 0.9, options.useNesterov),
  ),
  adagrad: optimizer({ initialAccumulatorValue: epsilon }, (options) =>
    tf.train.adagrad(options.learningRate, options.initialAccumulatorValue),
  ),
  adadelta: optimizer({ rho: fraction, epsilon }, (options) =>
    tf.train.adadelta(options.learningRate, options.rho, options.epsilon),
  ),
  adam: optimizer({ beta1: fraction, beta2: fraction, epsilon }, (options) =>
    tf.train.adam(options.learningRate, options.beta1, options.beta2, options.epsilon),
  ),
  adamax: optimizer({ beta1: fraction, beta2: fraction, epsilon, decay: z.number().nonnegative().optional() }, (options) =>
    tf.train.adamax(options.learningRate, options.beta1, options.beta2, options.epsilon, options.decay),
  ),
  rmsprop: optimizer({ decay: fraction, momentum: fraction, epsilon }, (options) =>
    tf.train.rmsprop(options.learningRate, options.decay, options.momentum, options.epsilon),
  ),
};

/** The names of the optimizers. */
const optimizerNames = Object.keys(optimizers) as readonly (keyof typeof optimizers)[];

/** An optimizer of tfjs in plain data: its name, its learning rate, and its other options under the names that tfjs gives them. */
export interface OptimizerConfig {
  readonly name: keyof typeof optimizers;
  /** Above 0. */
  readonly learningRate: number;
  readonly [option: string]: unknown;
}

/** What an optimizer of that name may say of itself; where the name is none, that it must be one. */
export function optimizerSchema(name: unknown): z.ZodType<OptimizerConfig> {
  const known = optimizerNames.find((candidate) => candidate === name);
  const schema = known
    ? optimizers[known].schema.extend({ name: z.literal(known) })
    : z.looseObject({ name: z.enum(optimizerNames), ...rate });
  return schema as unknown as z.ZodType<OptimizerConfig>;
}

/**
 * Makes an optimizer of tfjs from plain data. Who made it disposes it.
 *
 * @throws SparsityError for an unknown name or option, with the nearest that exists, and for values out of range.
 * @example
 * ```ts
 * makeOptimizer({name: 'momentum', learningRate: 0.1, momentum: 0.9}).getClassName(); // 'Momentum'
 * ```
 */
export function makeOptimizer(config: OptimizerConfig): tf.Optimizer {
  const schema = optimizerSchema((config as Partial<OptimizerConfig> | undefined)?.name);
  const { error } = schema.safeParse(config);
  if (error) {
    const { path, ...parts } = specIssue(schema, error.issues, config);
    throw new SparsityError({ what: ['optimizer', ...path.map(String)].join('.'), ...parts });
  }
  return optimizers[config.name].make(config as never);
}

function optimizer<Shape extends z.ZodRawShape>(
  shape: Shape,
  make: (options: z.infer<z.ZodObject<Shape>> & { learningRate: number }) => tf.Optimizer,
) {
  return { schema: z.strictObject({ ...rate, ...shape }), make };
}
