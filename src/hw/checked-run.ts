import { SparsityError } from '../errors.js';
import { sizeOf, wordsFor } from './bits.js';
import type { AcceleratorRun, GemmWork, Operand, PhaseWork, Role, WorkCounts } from './contracts.js';

/** Roles of the operands of a GEMM. */
const roles = {
  forward: { input: 'A', kernel: 'W', output: undefined },
  inputGradient: { input: 'E', kernel: 'W', output: undefined },
  weightGradient: { input: 'A', kernel: 'E', output: 'G' },
} as const satisfies Record<GemmWork['phase'], Record<'input' | 'kernel' | 'output', Role | undefined>>;

/** More images than that would only be waited for. */
const mostImages = 2 ** 24;

/** A run that refuses works which are none, since their counts would look as good as any, and counts that a number does not hold. */
export function checkedRun(run: AcceleratorRun): AcceleratorRun {
  return {
    executeStep(works) {
      works.forEach(checkWork);
      const counts = run.executeStep(works);
      counts.works.forEach(checkCounts);
      return counts;
    },
    state: () => run.state(),
  };
}

/** Refuses a work whose operands do not fit its nest. */
export function checkWork(work: PhaseWork): void {
  if (work.kind === 'update') return;
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
  const check = (name: 'input' | 'kernel' | 'output', operand: Operand | undefined): void => {
    const role = roles[phase][name];
    if (operand === undefined) return;
    const { shape, words } = operand.nonzeros;
    if (operand.role !== role) refuse(`role of its ${name}`, operand.role, role ?? `no ${name}`, 'make works by trainingWorks');
    const elements = elementsOf(operand.role, work);
    if (sizeOf(shape) === elements && words.length >= wordsFor(elements)) return;
    refuse(`shape of ${operand.role}`, shape, `${elements} elements, as its loop nest has`, 'pass the nest of this tensor');
  };
  check('input', work.input);
  check('kernel', work.kernel);
  check('output', work.output);
}

function elementsOf(role: Role, { nest }: GemmWork): number {
  const { batch, inSize, inChannels, outSize, outChannels, kernelSize, groups, transposed } = nest;
  if (role === 'W' || role === 'G') return sizeOf(kernelSize) * (inChannels / groups) * outChannels;
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
