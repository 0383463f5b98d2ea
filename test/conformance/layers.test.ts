import { afterAll, describe, expect, it } from 'vitest';
import { type GemmWork, scnnCounters, spaceToDepth, tacticalCycles } from '../../src/hw/index.js';
import { forwardWork, type LayerResult, layerInput, layerResults, rejectUnknownKeys } from './support/layer-cases.js';
import { begin, LeftOut, note, notes } from './support/left-out.js';
import { connectionsOn, peerGroupCycles } from './support/peer-tiles.js';

const runners: Readonly<Record<string, (test: LayerResult) => void>> = {
  DaDianNao: (test) => compareTiles(test, []),
  BitTactical: (test) => compareTiles(test, ['shape', 'h', 'd']),
  SCNN: compareScnn,
};

function compareTiles(test: LayerResult, frontEnd: readonly string[]): void {
  const { config, result } = test;
  rejectUnknownKeys('a configuration', config, ['arch', 'lanes', 'columns', 'rows', 'tiles', ...frontEnd]);
  const layer = forwardWork(layerInput(test));
  const work = spaceToDepth(layer);
  const { inChannels, groups, outSize } = work.nest;
  const [rows, lanes] = [Number(config.rows), Number(config.lanes)];
  const depthwise = groups > 1 && groups === inChannels;
  const tiles = {
    tiles: Number(config.tiles),
    filters: rows,
    lanes: depthwise ? Math.min(rows, lanes) : lanes, // the peer narrows its tiles there
    windows: Number(config.columns),
  };
  const windowSets = (height: number, width: number) => Math.ceil((height * width) / tiles.windows);
  const expected = (cycles: number) =>
    work === layer ? cycles : (cycles / windowSets(outSize[1], outSize[2])) * windowSets(...foldedSize(layer));
  if (frontEnd.length === 0) {
    const { denseCycles } = tacticalCycles(work, { ...tiles, lookahead: 0, lookaside: 0 });
    expect(expected(denseCycles)).toBe(result.compute_cycles);
    return;
  }
  const rule = {
    lookahead: Number(config.h),
    connections: connectionsOn(tiles.lanes, config.shape as 'L' | 'T', Number(config.h), Number(config.d)),
    policy: 'most-flexible-first',
  } as const;
  const { cycles } = tacticalCycles(work, { ...tiles, ...rule, shape: 'custom', scan: 'listed' });
  if (groups > 1 && cycles !== result.compute_cycles) {
    expect(peerGroupCycles(work, tiles, { ...rule, lanes: tiles.lanes, decoupled: false })).toBe(result.compute_cycles);
    throw new LeftOut('a fault upstream: a set of a later group ends when the one in its place of the first group does');
  }
  expect(expected(cycles)).toBe(result.compute_cycles);
}

/** The height and width of a folded first layer's output upstream: where map and kernel leave blocks unfilled, more than it has. */
function foldedSize({ nest }: GemmWork): [number, number] {
  const [height, width] = [1, 2].map((axis) => {
    const { inSize, padBefore, kernelSize, stride, outSize } = nest;
    const blocks = (length: number) => Math.ceil(length / stride[axis]);
    const size = blocks(inSize[axis] + 2 * padBefore[axis]) - blocks(kernelSize[axis]) + 1;
    if (size > outSize[axis])
      note('BitTactical, DaDianNao: a fault upstream: the folded first layer has more outputs than the layer');
    return size;
  });
  return [height, width];
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
    banks: Math.min(32, Number(config.banks)), // a product's place is below 32, so more are the same
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
