import { SparsityError } from '../../errors.js';
import { checks } from './checks/index.js';
import { chosenNetworks } from './chosen-networks.js';
import { type Paper, readClaims } from './claims-file.js';
import { conditionsOf } from './conditions.js';
import { paperCharts } from './paper-charts.js';
import type { Reproduction } from './report-files.js';
import { satConditions, simulateSat } from './sat-steps.js';
import { simulate } from './simulate.js';
import { tacticalCharts } from './tactical-charts.js';
import { memoryLines } from './tactical-memories.js';
import { simulateTactical, tacticalConditions } from './tactical-results.js';
import { replayTraining, trainedChart, trainedLines } from './trained-run.js';
import { judgeAll } from './verdict.js';
import { waysTable } from './ways-table.js';

/** What a run of `reproduce` is told. */
export interface ReproduceOptions {
  readonly paper: Paper;
  /** Names of networks, or `all`; empty for none. */
  readonly networks: readonly string[];
  /** Draws of synthetic images per network. */
  readonly images: number;
  /** All images of a batch instead. */
  readonly full: boolean;
  readonly seed: number;
  readonly workers: number;
  /** Record of a training (`hardwareCost({record})`), for 001. */
  readonly trainedRun: string | undefined;
  /** Folder of tables, charts and finished draws. */
  readonly out: string;
}

type Found = Omit<Reproduction, 'file'>;

/** What is simulated for each paper, and what stands beside its claims. */
const runs: Readonly<Record<Paper, (options: ReproduceOptions, file: Reproduction['file']) => Promise<Found>>> = {
  '000': async (options, file) => {
    chosenNetworks(options.networks, []);
    return {
      conditions: conditionsOf({ draws: [] }, options),
      judged: judgeAll(file, checks, { draws: [] }),
      remarks: [],
      charts: {},
    };
  },
  '001': async (options, file) => {
    const { trainedRun, workers } = options;
    const trained = trainedRun === undefined ? undefined : await replayTraining(trainedRun, workers);
    const simulations = await simulate(options);
    return {
      conditions: conditionsOf(simulations, options),
      judged: judgeAll(file, checks, simulations),
      remarks: [...waysTable(simulations), '', ...trainedLines(trained)],
      charts: { ...(trained && { fig01: trainedChart(trained) }), ...paperCharts(simulations) },
    };
  },
  '002': async (options, file) => {
    const satSteps = simulateSat(options);
    return {
      conditions: satConditions(satSteps, options.seed),
      judged: judgeAll(file, checks, { draws: [], satSteps }),
      remarks: [],
      charts: {},
    };
  },
  '003': async (options, file) => {
    chosenNetworks(options.networks, []);
    const tactical = simulateTactical(options);
    return {
      conditions: tacticalConditions(tactical, options),
      judged: judgeAll(file, checks, { draws: [], tactical }),
      remarks: memoryLines(tactical.memories),
      charts: tacticalCharts(tactical),
    };
  },
};

/**
 * Finds the figures of a paper again, and judges each of its claims.
 *
 * @throws SparsityError for a network that the paper has not, a record that is none, and one beside another paper than 001.
 */
export async function reproduce(options: ReproduceOptions): Promise<Reproduction> {
  const { paper, trainedRun } = options;
  if (trainedRun !== undefined && paper !== '001') {
    const expected = 'nothing: only 001 has figures of a training';
    throw new SparsityError({ what: '--trained-run', got: trainedRun, expected, fix: 'leave it out, or take --paper 001' });
  }
  const file = await readClaims(paper, Object.keys(checks));
  return { file, ...(await runs[paper](options, file)) };
}
