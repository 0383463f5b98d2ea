import type { Role } from '../../../hw/index.js';
import {
  averageReduction,
  baselineNames,
  baselines,
  type Measure,
  readings,
  reduction,
  roles,
  savedByRole,
} from '../reductions.js';
import { type AcceleratorTotals, byNetwork, type Draw, drawsOfClaims, meanOf, type Simulations } from '../simulations.js';
import { type Check, type Outcome, show } from '../verdict.js';
import { formatBounds } from './formats.js';

/** What the accelerators gave on the networks of Table III (claims 6, 7, 9, 13 to 16). */
export const simulated = {
  trafficAverage: (simulations) =>
    withDraws(simulations, (draws) => {
      const { literal, repaired } = bothReadings(draws, 'traffic');
      // A mean within the tolerance can be made of figures that are not.
      const near =
        Math.abs(repaired.SCNN - 34) <= 10 && Math.abs(repaired.SIGMA - 34) <= 10 && Math.abs(repaired.SparseTrain - 27) <= 10;
      return {
        literal: { average: literal.average },
        repaired: { average: repaired.average },
        laws: [{ text: 'each baseline is near its own figure (claim 7)', holds: near }],
        notes: errors(draws, 'traffic'),
      };
    }),
  trafficByBaseline: (simulations) =>
    withDraws(simulations, (draws) => ({ ...bothReadings(draws, 'traffic'), notes: byPreset(draws, 'traffic') })),
  sparsityAndRows: (simulations) =>
    withDraws(simulations, (draws) => {
      const mean = (of: 'sparsity' | 'csrRows', role: Role) => 100 * meanOf(draws.map((draw) => draw[of][role])).mean;
      const zeros = roles.map((role) => [`${role} zeros`, mean('sparsity', role)]);
      const rows = roles.map((role) => [`${role} in CSR`, mean('csrRows', role)]);
      return {
        repaired: Object.fromEntries([...zeros, ...rows]),
        notes: ['in %; kernel rows of 1 to 3 weights are always smaller as bit maps'],
      };
    }),
  trafficParts: (simulations) => withDraws(simulations, trafficParts),
  denseNetTraffic,
  timeByBaseline: (simulations) =>
    withDraws(simulations, (draws) => {
      const { repaired } = bothReadings(draws, 'time');
      const ordered = repaired.SCNN >= repaired.SIGMA && repaired.SIGMA >= repaired.SparseTrain;
      return {
        ...bothReadings(draws, 'time'),
        laws: [{ text: 'time saved: SCNN >= SIGMA >= SparseTrain', holds: ordered }],
        notes: [...errors(draws, 'time'), ...byPreset(draws, 'time'), gradientShare(draws), linkWords(draws)],
      };
    }),
  resNetTime: (simulations) => ofResNet(simulations, (draws) => bothReadings(draws, 'time')),
  resNetTraffic: (simulations) => ofResNet(simulations, (draws) => bothReadings(draws, 'traffic')),
  energyByBaseline: (simulations) =>
    withDraws(simulations, (draws) => {
      const [energy, time] = [byBaseline(draws, 'energy'), byBaseline(draws, 'time')];
      const law = {
        text: `energy saved (${energy.average.toFixed(1)} %) is less than time saved`,
        holds: energy.average < time.average,
      };
      return {
        ...bothReadings(draws, 'energy'),
        laws: [law],
        notes: [...errors(draws, 'energy'), ...byPreset(draws, 'energy'), networkShare(draws)],
      };
    }),
  staticPower: (simulations) => withDraws(simulations, staticPower),
} satisfies Record<string, Check>;

/** What is found in the draws of the claims, when there are any. */
function withDraws(simulations: Simulations, find: (draws: readonly Draw[]) => Outcome): Outcome | undefined {
  const draws = drawsOfClaims(simulations);
  return draws.length === 0 ? undefined : find(draws);
}

function ofResNet({ draws }: Simulations, find: (draws: readonly Draw[]) => Outcome): Outcome | undefined {
  return withDraws({ draws: draws.filter(({ network }) => network === 'resnet152') }, find);
}

/** Per cent saved against each baseline, and their mean. */
function byBaseline(draws: readonly Draw[], measure: Measure, ours = 'balanced') {
  const own = drawsWith(draws, ours);
  const [SCNN, SIGMA, SparseTrain] = baselineNames.map((baseline) => averageReduction(own, measure, baseline, ours).mean);
  return { average: (SCNN + SIGMA + SparseTrain) / 3, SCNN, SIGMA, SparseTrain };
}

/** The draws that ran this reading of the proposed accelerator: all but its preset are run in the first only. */
function drawsWith(draws: readonly Draw[], ours: string): readonly Draw[] {
  return draws.filter(({ accelerators }) => ours in accelerators);
}

/** The proposed accelerator with Procedure 1 and Eq. 10 as printed, and with the ledger's repairs. */
function bothReadings(draws: readonly Draw[], measure: Measure) {
  return { literal: byBaseline(draws, measure, 'balanced-literal'), repaired: byBaseline(draws, measure) };
}

/** Over how many networks and draws, with the standard error where several draws show one. */
function errors(draws: readonly Draw[], measure: Measure): string[] {
  const networks = byNetwork(draws).size;
  const count = draws.length / networks;
  if (count === 1) return [`${networks} networks, one draw each: no error bar`];
  const bars = baselineNames.map((baseline) => {
    const { mean, error } = averageReduction(draws, measure, baseline);
    return `${baseline} ${mean.toFixed(1)} +- ${error.toFixed(2)}`;
  });
  return [`${networks} networks, ${count} draws each, standard error: ${bars.join(', ')}`];
}

/** The same under the three readings of how many PEs there are (ledger 1.2.7). */
function byPreset(draws: readonly Draw[], measure: Measure): string[] {
  return Object.entries(readings).map(([label, ours]) => {
    const { average, ...parts } = byBaseline(draws, measure, ours);
    const list = Object.entries(parts).map(([name, value]) => `${name} ${value.toFixed(1)}`);
    return `${label}: ${list.join(', ')}, mean ${average.toFixed(1)}`;
  });
}

function gradientShare(draws: readonly Draw[]): string {
  return shares(
    draws,
    'share of weight gradients in the time',
    ({ cyclesByPhase, cycles }) => cyclesByPhase.weightGradient / cycles,
  );
}

/** The presets have 8 x 8 routers with four links each. */
function linkWords(draws: readonly Draw[]): string {
  const label = 'the network takes no time; words per link and cycle, were all equally busy';
  return means(draws, label, ({ nocHops, cycles }) => nocHops / cycles / 256, 2);
}

function networkShare(draws: readonly Draw[]): string {
  return shares(draws, 'share of the on-chip network in the energy', ({ interconnectPj, energyPj }) => interconnectPj / energyPj);
}

/** Mean share of each design in per cent, one line. */
function shares(draws: readonly Draw[], label: string, of: (totals: AcceleratorTotals) => number): string {
  return means(draws, `${label}, %`, (totals) => 100 * of(totals), 0);
}

function means(draws: readonly Draw[], label: string, of: (totals: AcceleratorTotals) => number, digits: number): string {
  const designs = { proposed: 'balanced', ...baselines };
  const list = Object.entries(designs).map(([name, key]) => {
    const { mean } = meanOf(draws.map(({ accelerators }) => of(accelerators[key])));
    return `${name} ${mean.toFixed(digits)}`;
  });
  return `${label}: ${list.join(', ')}`;
}

function trafficParts(draws: readonly Draw[]): Outcome {
  return {
    ...{ literal: savedParts(draws, 'balanced-literal'), repaired: savedParts(draws, 'balanced') },
    notes: ['CSR is SparseTrain, which differs by the format only'],
  };
}

function savedParts(draws: readonly Draw[], ours: string): Record<string, number> {
  const own = [...byNetwork(drawsWith(draws, ours)).values()];
  const found: Record<string, number> = {};
  for (const baseline of baselineNames) {
    const parts = own.map((drawn) => savedByRole(drawn, baseline, ours));
    const label = baseline === 'SparseTrain' ? 'CSR' : baseline;
    for (const role of roles) found[`${label} ${role}`] = parts.reduce((sum, part) => sum + part[role], 0) / parts.length;
  }
  return found;
}

/** DenseNet169 by way of drawing, beside the bound on what a format can save. */
function denseNetTraffic({ draws }: Simulations): Outcome | undefined {
  const own = draws.filter(({ network }) => network === 'densenet169');
  const found = (['claims', 'flattened rows', '3 MB of SRAM'] as const).flatMap((way) => {
    const drawn = own.filter((draw) => draw.way === way);
    return drawn.length === 0 ? [] : [{ way, ...denseNetParts(drawn) }];
  });
  const claims = found.find(({ way }) => way === 'claims');
  if (!claims) return undefined;
  const { average, unified, SparseTrain } = claims;
  const literal = denseNetParts(drawsWith(drawsOfClaims({ draws: own }), 'balanced-literal'), 'balanced-literal');
  const lines = found.map(
    ({ way, SCNN, SIGMA, SparseTrain, unified }) =>
      `${way}: SCNN ${show(SCNN)}, SIGMA ${show(SIGMA)}, SparseTrain ${show(SparseTrain)}, one SRAM ${show(unified)}`,
  );
  return {
    literal: { average: literal.average, unified: literal.unified, SparseTrain: literal.SparseTrain },
    repaired: { average, unified, SparseTrain },
    laws: [{ text: 'one SRAM saves traffic at the size of Table II', holds: unified > 0 }],
    notes: ['rows of maps are (channel, y) but where a line says flattened', ...lines, ...formatBounds()],
  };
}

/** Unification is what SparseTrain, CSR in one SRAM, saves against SCNN, CSR in two. */
function denseNetParts(draws: readonly Draw[], ours = 'balanced') {
  const [SCNN, SIGMA, SparseTrain] = baselineNames.map((baseline) => reduction(draws, 'traffic', baseline, ours).mean);
  const unified = 100 * (1 - (1 - SCNN / 100) / (1 - SparseTrain / 100));
  return { average: (SCNN + SIGMA + SparseTrain) / 3, unified, SCNN, SIGMA, SparseTrain };
}

/** Table IV's 0.295 W over the modelled time, beside the modelled energy. */
function staticPower(draws: readonly Draw[]): Outcome {
  const [watts, clockGhz] = [0.295, 1];
  const staticPj = (cycles: number) => (watts * 1e12 * cycles) / (clockGhz * 1e9);
  const shares = draws.map(({ accelerators: { balanced } }) => staticPj(balanced.cycles) / balanced.energyPj);
  const perMac = draws.map(({ accelerators: { balanced } }) => staticPj(balanced.cycles) / balanced.macs.effectual);
  const [share, pjPerMac] = [shares, perMac].map((values) => meanOf(values).mean);
  const found = { 'static, %': 100 * share, 'pJ per MAC': pjPerMac };
  return { repaired: found, laws: [{ text: 'dynamic energy decides', holds: share < 0.5 }] };
}
