/**
 * The figures of a paper beside ours: each claim of `bench/claims/PAPER.yaml` is found again by the library's own functions and judged
 * exact, shape, differs or not checkable. Prints the table, writes it as Markdown and JSON, with the charts, to `--out`.
 *
 *     npm run reproduce -- --paper 001
 *     npm run reproduce -- --paper 001 --networks AlexNet,VGG11 --images 1
 */
import { readFileSync } from 'node:fs';
import { SparsityError } from 'tfjs-sparsity';
import { checks } from './reproduce/checks/index.js';
import { parseClaims } from './reproduce/claims-file.js';
import { claimsTable } from './reproduce/claims-table.js';
import { parseArguments } from './reproduce/command-line.js';
import { conditionsOf } from './reproduce/conditions.js';
import { paperCharts } from './reproduce/paper-charts.js';
import { writeReproduction } from './reproduce/report-files.js';
import { simulate } from './reproduce/simulate.js';
import { judge } from './reproduce/verdict.js';

try {
  const options = await parseArguments();
  const fileName = `bench/claims/${options.paper}.yaml`;
  const file = parseClaims(readFileSync(fileName, 'utf8'), fileName, Object.keys(checks));
  const simulations = await simulate(options);
  const judged = file.claims.map((claim) =>
    judge(claim, claim.check === undefined ? undefined : checks[claim.check](simulations)),
  );
  const conditions = conditionsOf(simulations, options);
  console.log(`\n${file.title} (${file.paper})\n${conditions.map((line) => `${line}\n`).join('')}`);
  console.log(claimsTable(judged));
  const charts = options.paper === '001' ? paperCharts(simulations) : {};
  writeReproduction(options.out, { file, judged, conditions, charts });
  console.log(`written to ${options.out}: claims.md, claims.json, ${Object.keys(charts).length} charts`);
} catch (error) {
  if (!(error instanceof SparsityError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
