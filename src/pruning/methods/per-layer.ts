import { SparsityError } from '../../errors.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { KernelState, LayerMasks, Need, PruningMethod, UpdateContext } from '../contracts.js';
import { byName } from '../name-pattern.js';

/** Options of {@link perLayer}. */
export interface PerLayerOptions {
  /**
   * The method of each layer by its name. In a name `*` stands for any text, and text between slashes is a regular expression; a plain name goes
   * before a pattern of names, an earlier one before a later one. Layers that no name fits stay dense.
   */
  readonly methods: Readonly<Record<string, PruningMethod>>;
}

/** A method and its place among those of a model. */
interface Part {
  readonly method: PruningMethod;
  readonly place: number;
}

const allOnes: LayerMasks = { forward: null, backward: null, gradient: null };

/**
 * Different methods for different layers of one model, each with its own schedule: N:M on the convolutions and magnitude elsewhere. A method sees
 * the layers under its name only, so that what it spreads over layers or ranks among all it spreads and ranks among these. Its
 * masks are made anew at its own steps, and its weights and slots treated as it says. The sparsity of the schedule is the mean of
 * the methods'. What one method needs of a step is kept for all layers, and sparse kernels make no lists straight from the
 * weights, so that a method alone can take less time.
 *
 * @throws SparsityError for what is no record of methods, and for none; from `fit`: a name that no layer has, or whose layers all
 * go to others, and names in a method that none of its own layers has.
 * @example
 * ```ts
 * const ramp = gradualMagnitude({finalSparsity: 0.9, endStep: 1000});
 * const method = perLayer({methods: {'conv*': srSte({n: 2, m: 4}), '*': ramp}});
 * method.schedule(1000); // {sparsity: 0.7, update: true}
 * ```
 */
export function perLayer(options: PerLayerOptions): PruningMethod {
  checkGiven(perLayer, options);
  const { methods } = options;
  checkMethods(methods);
  const parts: Readonly<Record<string, Part>> = Object.fromEntries(
    Object.entries(methods).map(([name, method], place) => [name, { method, place }]),
  );
  const all = Object.values(methods);
  const partOf = byName(parts, 'methods');
  const some = (test: (method: PruningMethod) => unknown) => all.some((method) => Boolean(test(method)));
  const needs = [...new Set(all.flatMap((method): readonly Need[] => method.needs ?? []))];
  const slotNames = all.flatMap((method) => method.slotNames ?? []);
  /** Puts what each method says of its own kernels into their order. */
  const gather = <Result>(
    kernels: readonly KernelState[],
    otherwise: (kernel: KernelState) => Result,
    ask: (part: Part, own: readonly KernelState[]) => readonly Result[],
  ): Result[] => {
    const results = kernels.map(otherwise);
    for (const part of Object.values(parts)) {
      const places = kernels.flatMap(({ info }, i) => (partOf(info.name) === part ? [i] : []));
      const own = places.length > 0 ? ask(part, places.map((i) => kernels[i])) : []; // biome-ignore format: one line
      own.forEach((result, i) => {
        results[places[i]] = result;
      });
    }
    return results;
  };
  return {
    name: 'per-layer',
    pruned: some(({ pruned }) => pruned === 'zero') ? 'zero' : 'dense-master',
    slots: some(({ slots }) => slots === 'zero') ? 'zero' : 'keep',
    schedule: (step) => {
      const states = all.map((method) => method.schedule(step));
      const sum = states.reduce((total, { sparsity }) => total + sparsity, 0);
      return { sparsity: sum / states.length, update: states.some(({ update }) => update) };
    },
    decay: 0,
    treatmentOf(info) {
      const method = partOf(info.name)?.method ?? all[0];
      return method.treatmentOf?.(info) ?? method;
    },
    ...(needs.length > 0 && { needs }),
    ...(slotNames.length > 0 && { slotNames }),
    ...(some(({ accumulate }) => accumulate) && {
      accumulate: (kernel: KernelState) => partOf(kernel.info.name)?.method.accumulate?.(kernel) ?? new Float32Array(0),
    }),
    config: {
      name: 'per-layer',
      methods: Object.fromEntries(Object.entries(methods).map(([name, { config }]) => [name, config])),
    },
    skip: (info) => {
      const part = partOf(info.name);
      return part ? part.method.skip(info) : 'no method is named for it';
    },
    check: (info) => partOf(info.name)?.method.check?.(info),
    updateMasks: (kernels, context) =>
      gather(
        kernels,
        ({ masks = allOnes }) => masks,
        (part, own) => {
          const isDue = part.method.schedule(context.step).update;
          return isDue ? part.method.updateMasks(own, contextOf(part, context)) : own.map(({ masks = allOnes }) => masks);
        },
      ),
    ...(some(({ proximal }) => proximal) && {
      proximal: (kernels: readonly KernelState[], context: UpdateContext) =>
        gather<Float32Array | undefined>(
          kernels,
          () => undefined,
          (part, own) => part.method.proximal?.(own, contextOf(part, context)) ?? [],
        ),
    }),
    ...(some(({ penaltyGradient }) => penaltyGradient) && {
      penaltyGradient: (kernel: KernelState, context: UpdateContext) => {
        const part = partOf(kernel.info.name);
        return part?.method.penaltyGradient?.(kernel, contextOf(part, context));
      },
    }),
    ...(some(({ thin }) => thin) && {
      thin: (info: KernelState['info'], context: UpdateContext) => {
        const part = partOf(info.name);
        return part?.method.thin?.(info, contextOf(part, context));
      },
    }),
  };
}

inConfig(perLayer, 'per-layer', { methods: true });

/** A context as a method alone would have it; its draws are its own. */
function contextOf({ method, place }: Part, { step, rng }: UpdateContext): UpdateContext {
  return { step, sparsity: method.schedule(step).sparsity, rng: rng.fork(`${place}`) };
}

function checkMethods(methods: PerLayerOptions['methods']): void {
  const isRecord = typeof methods === 'object' && methods !== null && !Array.isArray(methods);
  const entries = isRecord ? Object.entries(methods) : [];
  const none = entries.find(([, method]) => typeof method?.updateMasks !== 'function');
  if (entries.length > 0 && !none) return;
  const fix = "write {'conv*': srSte(), '*': gradualMagnitude({endStep: 1000})}";
  const what = none ? `method of ${none[0]}` : 'methods';
  throw new SparsityError({
    what,
    got: none ? none[1] : methods,
    expected: none ? 'a pruning method' : 'a method for each name',
    fix,
  });
}
