import { SparsityError } from '../errors.js';
import { sizeOf, wordsFor } from './bits.js';
import type { AcceleratorRun, GemmWork, Operand, PhaseWork, Role, UpdateWork, WorkCounts } from './contracts.js';

type Place = 'input' | 'kernel' | 'output';

/** Roles that the operands of a GEMM may have. */
const roles: Readonly<Record<GemmWork['phase'], Readonly<Record<Place, readonly Role[]>>>> = {
  forward: { input: ['A'], kernel: ['W', 'A'], output: [] },
  inputGradient: { input: ['E'], kernel: ['W', 'A'], output: [] },
  weightGradient: { input: ['A'], kernel: ['E'], output: ['G'] },
};

/** More images than that would only be waited for. */
const mostImages = 2 ** 24;

/** A run that refuses works which are none, since their counts would look as good as any, and counts that a number does not hold. */
export function checkedRun(run: AcceleratorRun): AcceleratorRun {
  return {
    executeStep(works) {
      if (!Array.isArray(works)) {
        const fix = 'pass the works of a step: those of trainingWorks';
        throw new SparsityError({ what: 'works of a step', got: works, expected: 'a list', fix });
      }
      works.forEach(checkWork);
      const counts = run.executeStep(works);
      counts.works.forEach(checkCounts);
      return counts;
    },
    state: () => run.state(),
  };
}

/** A checked run of an accelerator that carries nothing over from step to step. */
export function statelessRun(executeWorks: (works: readonly PhaseWork[]) => readonly WorkCounts[]): AcceleratorRun {
  return checkedRun({ executeStep: (works) => ({ works: executeWorks(works) }), state: () => [] });
}

/** Refuses a GEMM whose operands do not fit its nest, and an update whose slots or bits are not whole. */
export function checkWork(work: PhaseWork): void {
  if (work.kind === 'update') {
    checkUpdate(work);
    return;
  }
  const { layer, phase, nest, imageScale } = work;
  const refuse = (what: string, got: unknown, expected: string, fix: string): never => {
    throw new SparsityError({ what: `work ${layer}/${phase}: ${what}`, got, expected, fix });
  };
  if (!Object.hasOwn(roles, phase)) refuse('phase', phase, Object.keys(roles).join(', '), 'make works by trainingWorks');
  if (!(imageScale >= 1)) refuse('imageScale', imageScale, 'at least 1', 'pass batchTotal / nest.batch');
  const images = nest.batch * imageScale;
  if (!(images >= 1 && images <= mostImages)) {
    refuse('images of the batch', images, `1 to ${mostImages}`, 'model a smaller batch, and more steps of it');
  }
  if (Math.abs(images - Math.round(images)) > 1e-6) {
    refuse('images of the batch', images, 'a whole number', 'pass batchTotal / nest.batch as imageScale');
  }
  const check = (place: Place, operand: Operand | undefined): void => {
    const known = roles[phase][place];
    if (operand === undefined) return;
    const { shape, words } = operand.nonzeros;
    if (!known.includes(operand.role)) {
      refuse(`role of its ${place}`, operand.role, known.join(' or ') || `no ${place}`, 'make works by trainingWorks');
    }
    const elements = elementsOf(place, operand.role, work);
    if (sizeOf(shape) === elements && words.length >= wordsFor(elements)) return;
    refuse(`shape of ${operand.role}`, shape, `${elements} elements, as its loop nest has`, 'pass the nest of this tensor');
  };
  check('input', work.input);
  check('kernel', work.kernel);
  check('output', work.output);
  if (work.kernel.role === 'A' && imageScale !== 1) {
    refuse('imageScale', imageScale, '1, as images do not share a kernel of activations', 'repeat the work instead');
  }
}

function checkUpdate({ layer, phase, weights, slots }: UpdateWork): void {
  const refuse = (what: string, got: unknown, expected: string, fix: string): never => {
    throw new SparsityError({ what: `work ${layer}/${phase}: ${what}`, got, expected, fix });
  };
  if (!(Number.isInteger(slots) && slots >= 0)) {
    refuse('slots', slots, 'an integer of at least 0', 'pass 0 for SGD, 1 for momentum, 2 for Adam');
  }
  const { shape, words } = weights.nonzeros;
  const needed = wordsFor(sizeOf(shape));
  if (words.length >= needed) return;
  refuse(`words of ${weights.role}`, words.length, `${needed} for its shape [${shape}]`, 'make the map by bitsFrom or onesBits');
}

function elementsOf(place: Place, role: Role, { nest, phase }: GemmWork): number {
  const { batch, inSize, inChannels, outSize, outChannels, kernelSize, groups, transposed } = nest;
  if (place === 'output' || (place === 'kernel' && phase !== 'weightGradient'))
    return sizeOf(kernelSize) * (inChannels / groups) * outChannels;
  const isNestInput = (role === 'A') !== transposed;
  return batch * (isNestInput ? sizeOf(inSize) * inChannels : sizeOf(outSize) * outChannels);
}

function checkCounts({ layer, phase, units, cycles, actions }: WorkCounts): void {
  const largest = Math.max(units * cycles, ...Object.values(actions));
  if (largest <= Number.MAX_SAFE_INTEGER) return;
  throw new SparsityError({
    what: `largest count of ${layer}/${phase}`,
    got: largest,
    expected: 'below 2^53, so that counts are exact',
    fix: 'model a smaller layer or batch, or a faster off-chip memory',
  });
}
