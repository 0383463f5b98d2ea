/**
 * The figures of a paper beside ours: each claim of `bench/claims/PAPER.yaml` is found again by the library's own functions and judged
 * exact, shape, differs or not checkable. Prints the table, writes it as Markdown and JSON, with the charts, to `--out`.
 *
 *     npm run reproduce -- --paper 001 --data-dir DIR
 *     npm run reproduce -- --paper 001 --networks alexnet-torchvision,vgg11 --images 1
 *     npm run reproduce -- --paper 000
 *     npm run reproduce -- --paper 002 --networks vgg19,resnet18
 *     npm run reproduce -- --paper 003
 */
import { SparsityError } from 'tfjs-sparsity';
import { checks } from './reproduce/checks/index.js';
import { readClaims } from './reproduce/claims-file.js';
import { parseArguments } from './reproduce/command-line.js';
import { conditionsOf } from './reproduce/conditions.js';
import { paperCharts } from './reproduce/paper-charts.js';
import { type Reproduction, reproductionText, writeReproduction } from './reproduce/report-files.js';
import { satConditions, simulateSat } from './reproduce/sat-steps.js';
import { simulate } from './reproduce/simulate.js';
import type { Simulations } from './reproduce/simulations.js';
import { tacticalCharts } from './reproduce/tactical-charts.js';
import { memoryLines } from './reproduce/tactical-memories.js';
import { simulateTactical, tacticalConditions } from './reproduce/tactical-results.js';
import { trainedChart, trainedLines, trainNetwork } from './reproduce/trained-network.js';
import { judgeAll } from './reproduce/verdict.js';
import { waysTable } from './reproduce/ways-table.js';

try {
  const options = await parseArguments();
  const { paper, dataDir, out, seed } = options;
  const file = readClaims(paper, Object.keys(checks));
  const simulations: Simulations = paper === '001' ? await simulate(options) : { draws: [] };
  const satSteps = paper === '002' ? simulateSat(options) : undefined;
  const tactical = paper === '003' ? simulateTactical(options) : undefined;
  const trained = paper === '001' && dataDir !== undefined ? await trainNetwork(dataDir, out, seed) : undefined;
  const reproduction: Reproduction = {
    file,
    conditions: satSteps
      ? satConditions(satSteps, seed)
      : tactical
        ? tacticalConditions(tactical, options)
        : conditionsOf(simulations, options),
    judged: judgeAll(file, checks, { ...simulations, ...(satSteps && { satSteps }), ...(tactical && { tactical }) }),
    remarks: tactical
      ? memoryLines(tactical.memories)
      : paper === '001'
        ? [...waysTable(simulations), '', ...trainedLines(trained)]
        : [],
    charts: {
      ...(trained && { fig01: trainedChart(trained) }),
      ...(paper === '001' && paperCharts(simulations)),
      ...(tactical && tacticalCharts(tactical)),
    },
  };
  console.log(reproductionText(reproduction));
  writeReproduction(out, reproduction);
  console.log(`\nwritten to ${out}: claims.md, claims.json, ${Object.keys(reproduction.charts).length} charts`);
} catch (error) {
  if (!(error instanceof SparsityError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
