import { afterAll, describe, expect, it } from 'vitest';
import { scnnCounters, spaceToDepth, tacticalCycles } from '../../src/hw/index.js';
import { forwardWork, type LayerResult, layerInput, layerResults, rejectUnknownKeys } from './support/layer-cases.js';
import { begin, LeftOut, note, notes } from './support/left-out.js';

const runners: Readonly<Record<string, (test: LayerResult) => void>> = {
  DaDianNao: (test) => compareTiles(test, []),
  BitTactical: (test) => compareTiles(test, ['shape', 'h', 'd']),
  SCNN: compareScnn,
};

function compareTiles(test: LayerResult, frontEnd: readonly string[]): void {
  const { config, result } = test;
  rejectUnknownKeys('a configuration', config, ['arch', 'lanes', 'columns', 'rows', 'tiles', ...frontEnd]);
  const work = forwardWork(layerInput(test));
  const { inChannels, groups } = work.nest;
  const [rows, lanes] = [Number(config.rows), Number(config.lanes)];
  const depthwise = groups > 1 && groups === inChannels;
  const { cycles, denseCycles } = tacticalCycles(spaceToDepth(work), {
    tiles: Number(config.tiles),
    filters: rows,
    lanes: depthwise ? Math.min(rows, lanes) : lanes, // the peer narrows its tiles there
    windows: Number(config.columns),
    policy: 'most-flexible-first',
    ...(frontEnd.length > 0 && {
      shape: config.shape as 'L' | 'T',
      lookahead: Number(config.h),
      lookaside: Number(config.d),
    }),
  });
  expect(config.arch === 'DaDianNao' ? denseCycles : cycles).toBe(result.compute_cycles);
}

function compareScnn(test: LayerResult): void {
  const { config, result } = test;
  rejectUnknownKeys('an SCNN configuration', config, ['arch', 'Wt', 'Ht', 'I', 'F', 'out_acc_size', 'banks']);
  const layer = layerInput(test);
  if (layer.type === 'fc') {
    throw new LeftOut(
      'deliberate difference: the peer reshapes a dense layer to maps of 16 x 16, whose halos are most of its time',
    );
  }
  const counters = scnnCounters(forwardWork(layer), {
    peRows: Number(config.Wt),
    peCols: Number(config.Ht),
    activationVector: Number(config.I),
    weightVector: Number(config.F),
    accumulatorEntries: Number(config.out_acc_size),
    banks: Number(config.banks),
    pairing: 'peer',
  });
  expect(counters).toEqual({
    cycles: result.cycles,
    denseCycles: result.dense_cycles,
    products: result.mults,
    idleBricks: result.idle_bricks,
    idleConflicts: result.idle_conflicts,
    idleElements: result.idle_pe,
    weightReads: result.weight_buff_reads,
    activationReads: result.act_buff_reads,
  });
}

describe('layers against DNNsim', () => {
  afterAll(() => {
    const lines = [...notes].map(([reason, ids]) => `  ${reason} (${ids.length}): ${[...new Set(ids)].join(', ')}`);
    console.log(`layer cases that were not compared:\n${lines.join('\n')}`);
  });

  const named = layerResults.map((test) => ({ ...test, id: `${test.config.arch} ${test.net}/${test.layer}` }));

  it.for(named)('$id', (test, { skip }) => {
    begin(test.id);
    rejectUnknownKeys('a result', test, ['id', 'net', 'layer', 'config', 'result']);
    const run = runners[test.config.arch];
    if (!run) throw new Error(`unknown architecture of a case: ${test.config.arch}`);
    try {
      run(test);
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error;
      note(`${test.config.arch}: ${error.message}`);
      skip(error.message);
    }
  });
});
