import { averageReduction, baselineNames, type Measure, reduction, roles, savedByRole } from '../reductions.js';
import { byNetwork, type Draw, drawsOfClaims, type Simulations } from '../simulations.js';
import { type Check, type Outcome, show } from '../verdict.js';
import { formatBounds } from './formats.js';

/** What the accelerators gave on the networks of Table III (claims 6, 7, 9, 13 to 16). */
export const simulated = {
  trafficAverage: (simulations) =>
    withDraws(simulations, (draws) => {
      const { literal, repaired } = bothReadings(draws, 'traffic');
      const notes = errors(draws, 'traffic');
      return { literal: { average: literal.average }, repaired: { average: repaired.average }, notes };
    }),
  trafficByBaseline: (simulations) =>
    withDraws(simulations, (draws) => ({ ...bothReadings(draws, 'traffic'), notes: byPreset(draws, 'traffic') })),
  trafficParts: (simulations) => withDraws(simulations, trafficParts),
  denseNetTraffic,
  timeByBaseline: (simulations) =>
    withDraws(simulations, (draws) => {
      const { repaired } = bothReadings(draws, 'time');
      const ordered = repaired.SCNN >= repaired.SIGMA && repaired.SIGMA >= repaired.SparseTrain;
      return {
        ...bothReadings(draws, 'time'),
        laws: [{ text: 'time saved: SCNN >= SIGMA >= SparseTrain', holds: ordered }],
        notes: [...errors(draws, 'time'), ...byPreset(draws, 'time')],
      };
    }),
  resNetTime: (simulations) => ofNetwork(simulations, 'resnet152', (draws) => bothReadings(draws, 'time')),
  resNetTraffic: (simulations) => ofNetwork(simulations, 'resnet152', (draws) => bothReadings(draws, 'traffic')),
  energyByBaseline: (simulations) =>
    withDraws(simulations, (draws) => {
      const [energy, time] = [byBaseline(draws, 'energy'), byBaseline(draws, 'time')];
      const law = {
        text: `energy saved (${energy.average.toFixed(1)} %) is less than time saved`,
        holds: energy.average < time.average,
      };
      return { ...bothReadings(draws, 'energy'), laws: [law], notes: [...errors(draws, 'energy'), ...byPreset(draws, 'energy')] };
    }),
  staticPower: (simulations) => withDraws(simulations, staticPower),
} satisfies Record<string, Check>;

/** What is found in the draws of the claims, when there are any. */
function withDraws(simulations: Simulations, find: (draws: readonly Draw[]) => Outcome): Outcome | undefined {
  const draws = drawsOfClaims(simulations);
  return draws.length === 0 ? undefined : find(draws);
}

function ofNetwork({ draws }: Simulations, name: string, find: (draws: readonly Draw[]) => Outcome): Outcome | undefined {
  return withDraws({ draws: draws.filter(({ network }) => network === name) }, find);
}

/** Per cent saved against each baseline, and their mean. */
function byBaseline(draws: readonly Draw[], measure: Measure, ours = 'balanced') {
  const own = draws.filter(({ accelerators }) => ours in accelerators);
  const [SCNN, SIGMA, SparseTrain] = baselineNames.map((baseline) => averageReduction(own, measure, baseline, ours).mean);
  return { average: (SCNN + SIGMA + SparseTrain) / 3, SCNN, SIGMA, SparseTrain };
}

/** The proposed accelerator with Procedure 1 and Eq. 10 as printed, and with the ledger's repairs. */
function bothReadings(draws: readonly Draw[], measure: Measure) {
  return { literal: byBaseline(draws, measure, 'balanced-literal'), repaired: byBaseline(draws, measure) };
}

function errors(draws: readonly Draw[], measure: Measure): string[] {
  const bars = baselineNames.map((baseline) => {
    const { mean, error } = averageReduction(draws, measure, baseline);
    return `${baseline} ${mean.toFixed(1)} +- ${error.toFixed(2)}`;
  });
  const networks = byNetwork(draws).size;
  return [`${networks} networks, ${draws.length / networks} draws each, standard error: ${bars.join(', ')}`];
}

/** The same under the three readings of how many PEs there are (ledger 1.2.7). */
function byPreset(draws: readonly Draw[], measure: Measure): string[] {
  const presets = { '64 PEs': 'balanced', '54 PEs': 'balanced-54', '81 PEs': 'balanced-81' };
  return Object.entries(presets).map(([label, ours]) => {
    const { average, ...parts } = byBaseline(draws, measure, ours);
    const list = Object.entries(parts).map(([name, value]) => `${name} ${value.toFixed(1)}`);
    return `${label}: ${list.join(', ')}, mean ${average.toFixed(1)}`;
  });
}

function trafficParts(draws: readonly Draw[]): Outcome {
  const found: Record<string, number> = {};
  for (const baseline of baselineNames) {
    const parts = [...byNetwork(draws).values()].map((own) => savedByRole(own, baseline));
    const label = baseline === 'SparseTrain' ? 'CSR' : baseline;
    for (const role of roles) found[`${label} ${role}`] = parts.reduce((sum, part) => sum + part[role], 0) / parts.length;
  }
  return { repaired: found, notes: ['CSR is SparseTrain, which differs by the format only'] };
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
  const lines = found.map(
    ({ way, SCNN, SIGMA, SparseTrain, unified }) =>
      `${way}: SCNN ${show(SCNN)}, SIGMA ${show(SIGMA)}, SparseTrain ${show(SparseTrain)}, one SRAM ${show(unified)}`,
  );
  return {
    repaired: { average, unified, SparseTrain },
    notes: ['rows of maps are (channel, y) but where a line says flattened', ...lines, ...formatBounds()],
  };
}

/** Unification is what SparseTrain, CSR in one SRAM, saves against SCNN, CSR in two. */
function denseNetParts(draws: readonly Draw[]) {
  const [SCNN, SIGMA, SparseTrain] = baselineNames.map((baseline) => reduction(draws, 'traffic', baseline).mean);
  const unified = 100 * (1 - (1 - SCNN / 100) / (1 - SparseTrain / 100));
  return { average: (SCNN + SIGMA + SparseTrain) / 3, unified, SCNN, SIGMA, SparseTrain };
}

/** Table IV's 0.295 W over the modelled time, beside the modelled energy. */
function staticPower(draws: readonly Draw[]): Outcome {
  const [watts, clockGhz] = [0.295, 1];
  const staticPj = (cycles: number) => (watts * 1e12 * cycles) / (clockGhz * 1e9);
  const shares = draws.map(({ accelerators: { balanced } }) => staticPj(balanced.cycles) / balanced.energyPj);
  const perMac = draws.map(({ accelerators: { balanced } }) => staticPj(balanced.cycles) / balanced.macs.effectual);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const found = { 'static, %': 100 * mean(shares), 'pJ per MAC': mean(perMac) };
  return { repaired: found, laws: [{ text: 'dynamic energy decides', holds: mean(shares) < 0.5 }] };
}
