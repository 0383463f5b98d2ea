import type { CheckedClaim, Claim, ClaimsFile } from './claims-file.js';
import type { Simulations } from './simulations.js';

/** Our figures, by the names of the claim's. */
export type Figures = Readonly<Record<string, number>>;

/** What must hold besides the figures: an order, a sign, a bound. */
export interface Law {
  readonly text: string;
  readonly holds: boolean;
}

/** What a check found: by the paper's own words, by the ledger's repair of them, or by both where they differ. */
export interface Outcome {
  readonly literal?: Figures;
  readonly repaired?: Figures;
  readonly laws?: readonly Law[];
  /** Conditions, bounds and error bars, a line each. */
  readonly notes?: readonly string[];
}

/** `solved`: near, but a constant was made to be; it counts as no agreement. `notRun`: the check needs simulations that this run left out. */
export type Verdict = 'exact' | 'shape' | 'solved' | 'differs' | 'notCheckable' | 'notRun';

/** A claim beside our figures. */
export interface JudgedClaim {
  readonly claim: Claim;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
  /** One line, for every verdict that is not plain agreement. */
  readonly reason?: string;
}

/** Finds our figures for a claim; nothing when this run has not simulated what it needs. */
export type Check = (simulations: Simulations) => Outcome | undefined;

/** Runs the check of each claim and judges what it finds. */
export function judgeAll(
  { claims }: ClaimsFile,
  checks: Readonly<Record<string, Check>>,
  simulations: Simulations,
): JudgedClaim[] {
  return claims.map((claim) => judge(claim, claim.check === undefined ? undefined : checks[claim.check](simulations)));
}

/**
 * Compares a claim with what its check found. Agreement wants every figure within the tolerance and every law; it is told of the literal
 * reading where there is one, and of the repaired one beside it where the two disagree.
 */
export function judge(claim: Claim, outcome: Outcome | undefined): JudgedClaim {
  if (claim.kind === 'notCheckable') return { claim, outcome: outcome ?? {}, verdict: 'notCheckable', reason: claim.why };
  if (!outcome) return { claim, outcome: {}, verdict: 'notRun', reason: 'its simulations were left out of this run' };
  const broken = (outcome.laws ?? []).filter(({ holds }) => !holds).map(({ text }) => `not so: ${text}`);
  const { literal, repaired } = outcome;
  const misses = (figures: Figures) => [...broken, ...farFigures(claim, figures)];
  const found = misses(literal ?? repaired ?? {});
  if (found.length === 0) {
    return { claim, outcome, verdict: claim.kind, ...(claim.kind === 'solved' && { reason: claim.tolerance.why }) };
  }
  const saved = literal && repaired && misses(repaired).length === 0 ? [`repaired: ${claim.kind}`] : [];
  const why = claim.ifDiffers ? [claim.ifDiffers] : [];
  return { claim, outcome, verdict: 'differs', reason: [found[0], ...saved, ...why].join('; ') };
}

/** The figures that are missing or out of tolerance, the farthest first. */
function farFigures({ values, tolerance }: CheckedClaim, figures: Figures): string[] {
  const gap = (name: string) => Math.abs((figures[name] ?? Number.POSITIVE_INFINITY) - values[name]);
  // A decimal figure is not its binary neighbour: 0.885 - 0.88 is a little more than 0.005.
  const far = Object.keys(values).filter((name) => !(gap(name) <= tolerance.within * (1 + 1e-9) + 1e-12));
  far.sort((a, b) => gap(b) - gap(a));
  return far.map((name) => `${name} is ${show(figures[name])}, not ${show(values[name])}`);
}

/** A figure with at most four significant digits, integers whole. */
export function show(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return 'absent';
  // A decimal's binary neighbour rounds as the decimal does.
  return String(Number.isInteger(value) ? value : Number((value * (1 + 1e-12)).toPrecision(4)));
}
