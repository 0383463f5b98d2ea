import { createAccelerator, createEstimator, type Interval, type PhaseWork, presets } from 'tfjs-sparsity/hw';
import { percent, wrap } from '../../examples/lib/format.js';
import { idealParts } from '../ablations/variants.js';
import { markdownTable, times } from './cost-tables.js';
import { costsOn, estimateOn, type MachineCosts, phases, type Steps } from './machine-costs.js';

/** What 000 expects of 80 to 90 % sparsity, against a dense GPU (ledger, claim 43). */
const expected = { time: { low: 3, high: 5 }, energy: { low: 5, high: 10 } } as const;

/** How many times better a pruned network on the fabric is than a baseline. */
export interface Gain {
  readonly network: string;
  readonly time: number;
  /** With off-chip memory as fast as one likes, on both sides. */
  readonly timeUnlimited: number;
  readonly energy: number;
  /** Without what off-chip memory takes, on both sides. */
  readonly energyOnChip: number;
}

/** The answer to the expectation of 000, as data. */
export interface Answer {
  readonly overDenseArray: readonly Gain[];
  readonly overAcfDense: readonly Gain[];
  /** What the reference, the first pruned network over the dense array, becomes by one change; the largest change first. */
  readonly changes: Readonly<Record<'time' | 'energy', readonly { readonly change: string; readonly gain: number }[]>>;
  /** Parts of energy, and of the fabric's cycles by phase. */
  readonly energyShares: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly phaseShares: Readonly<Record<string, number>>;
  /** Dense MACs over effectual ones of the reference: the gain of a fabric that loses nothing. And what it makes use of. */
  readonly macBound: number;
  readonly usefulShare: number;
  /** The reference against the estimate of a GPU on the dense network. */
  readonly overGpu: Interval;
}

interface Side {
  readonly preset: MachineCosts;
  readonly unlimited: MachineCosts;
}

/** More than any design could use in a cycle. */
const unlimitedBytes = 2 ** 30;

/** Computes it from a dense network and pruned ones, by name; those named `masked` get their gradients dense, too. */
export function expectation000(dense: Steps, pruned: Readonly<Record<string, Steps>>, masked: readonly string[]): Answer {
  const array = side('dense-array', dense);
  const acfDense = side('acf', dense);
  const unmasked = masked.map((name) => [`${name}, dense WG`, pruned[name].map(withDenseGradient)] as const);
  const sides = [...Object.entries(pruned), ...unmasked].map(([name, steps]) => [name, side('acf', steps)] as const);
  const gains = (base: Side) => sides.map(([network, own]) => gain(network, own, base));
  const [overDenseArray, overAcfDense] = [gains(array), gains(acfDense)];
  const [reference, ...others] = overDenseArray;
  const [[, own]] = sides;
  const ideal = side('acf', pruned[reference.network], idealParts);
  const changesOf = (of: 'time' | 'energy', ...unbound: readonly (readonly [change: string, gain: number])[]) =>
    [
      ...unbound,
      ['with the fabric on the dense network as the baseline', overAcfDense[0][of]] as const,
      ...others.map((other) => [`for ${other.network}`, other[of]] as const),
    ]
      .map(([change, becomes]) => ({ change, gain: becomes }))
      .sort((a, b) => Math.abs(Math.log(b.gain / reference[of])) - Math.abs(Math.log(a.gain / reference[of])));
  const { total } = own.preset;
  const gpu = estimateOn(createEstimator('a100-fp32'), dense).seconds;
  const seconds = total.cycles / (own.preset.clockGhz * 1e9);
  return {
    overDenseArray,
    overAcfDense,
    changes: {
      time: changesOf(
        'time',
        ['with unlimited bandwidth on both sides', reference.timeUnlimited],
        ['with links, banks, queues and ports of the fabric unlimited', gain('', ideal, array).time],
        ['with all of these unlimited', gain('', ideal, array).timeUnlimited],
      ),
      energy: changesOf('energy', ['without off-chip memory on both sides', reference.energyOnChip]),
    },
    energyShares: {
      'dense array, dense': shares(array.preset),
      'ACF, dense': shares(acfDense.preset),
      ...Object.fromEntries(
        sides.filter(([network]) => network in pruned).map(([network, one]) => [`ACF, ${network}`, shares(one.preset)]),
      ),
    },
    phaseShares: Object.fromEntries(phases.map(([phase, label]) => [label, own.preset.byPhase[phase].cycles / total.cycles])),
    macBound: total.macs.dense / total.macs.effectual,
    usefulShare: total.usefulUnitCycles / (total.units * total.cycles),
    overGpu: { low: gpu.low / seconds, high: gpu.high / seconds },
  };
}

/** The answer as Markdown: every word about it follows from its figures. */
export function answerText({ overDenseArray, overAcfDense, changes, energyShares, phaseShares, ...answer }: Answer): string {
  const table = (title: string, gains: readonly Gain[]) =>
    markdownTable([
      [title, 'faster', 'unlimited B/cycle', 'less J', 'less J on chip'],
      ...gains.map(({ network, ...of }) => [network, ...[of.time, of.timeUnlimited, of.energy, of.energyOnChip].map(times)]),
    ]);
  const components = [...new Set(Object.values(energyShares).flatMap(Object.keys))];
  const energy = markdownTable([
    ['share of energy', ...components],
    ...Object.entries(energyShares).map(([name, own]) => [name, ...components.map((one) => percent(own[one] ?? 0, 0))]),
  ]);
  const [reference] = overDenseArray;
  const verdict = overDenseArray.map(({ network, time, timeUnlimited, energy: less }) => {
    const [at, unlimited] = [time, timeUnlimited].map((one) => `${times(one)} (${placed(one, expected.time)})`);
    return `- ${network}: ${at} faster, ${unlimited} with unlimited bandwidth; ${times(less)} less energy (${placed(less, expected.energy)}).`;
  });
  const change = (of: 'time' | 'energy') => {
    const list = changes[of].map(({ change: what, gain: becomes }) => `${times(becomes)} ${what}`);
    return `- ${of} of ${reference.network}: ${times(reference[of])}; but ${list.join('; ')}.`;
  };
  const lines = [
    `000 expects ${between(expected.time)}x faster training and ${between(expected.energy)}x less energy, of 80 to 90 % zeros, over a dense GPU. Over the dense array on the dense network, modelled:`,
    ...verdict,
    '',
    'What it depends on, the largest change first:',
    change('time'),
    change('energy'),
    '',
    `Where the fabric's cycles go, of ${reference.network}: ${Object.entries(phaseShares)
      .map(([name, share]) => `${name} ${percent(share, 1)}`)
      .join(', ')}.`,
    `Arithmetic allows ${times(answer.macBound)}, zeros of activations and errors included; the fabric makes use of ${percent(answer.usefulShare, 1)} of its unit-cycles.`,
    `Over the estimate of a dense A100 in FP32, which has other resources: ${times(answer.overGpu.low)} to ${times(answer.overGpu.high)}.`,
  ];
  return [
    table('ACF over the dense array, dense', overDenseArray),
    table('ACF over ACF, dense', overAcfDense),
    energy,
    lines.map(wrap).join('\n'),
  ].join('\n\n');
}

function side(preset: string, steps: Steps, options: object = {}): Side {
  const spec = presets[preset];
  const cost = (bytes: unknown) => {
    const found = costsOn(createAccelerator({ ...spec, ...options, dramBytesPerCycle: bytes }), steps);
    if (found instanceof Error) throw found;
    return found;
  };
  return { preset: cost(spec.dramBytesPerCycle), unlimited: cost(unlimitedBytes) };
}

function gain(network: string, own: Side, base: Side): Gain {
  const onChip = ({ total }: MachineCosts) => total.energyPj - (total.byComponentPj.dram ?? 0);
  return {
    network,
    time: base.preset.total.cycles / own.preset.total.cycles,
    timeUnlimited: base.unlimited.total.cycles / own.unlimited.total.cycles,
    energy: base.preset.total.energyPj / own.preset.total.energyPj,
    energyOnChip: onChip(base.preset) / onChip(own.preset),
  };
}

/** The same step of a method that computes all of the weight gradient and updates all weights. */
function withDenseGradient(works: readonly PhaseWork[]): readonly PhaseWork[] {
  return works.map((work) => {
    if (work.kind === 'update') return { ...work, masked: false };
    const { output: _, ...dense } = work;
    return dense;
  });
}

function shares({ total }: MachineCosts): Record<string, number> {
  return Object.fromEntries(Object.entries(total.byComponentPj).map(([component, pj]) => [component, pj / total.energyPj]));
}

const between = ({ low, high }: Interval) => `${low} to ${high}`;

function placed(value: number, { low, high }: Interval): string {
  return value < low ? 'below' : value > high ? 'above' : 'within';
}
