/**
 * Dense and executed multiply-accumulates per layer and phase, counted from masks, beside the closed form of the reduction,
 * (2/3) f (1 - N/M): f is the share of MACs in pruned layers. Tail groups count as their masks are, and the first layer computes no
 * input gradient, so the two differ by what the form leaves out.
 *
 *     npm run bench:macs
 */
import * as tf from '@tensorflow/tfjs';
import { createRng } from 'tfjs-sparsity';
import { bdwpReduction, type LoopNest, type MaskedLayer, macReport } from 'tfjs-sparsity/hw';
import { attachTap, prunableKernels, sparsify, useBackend } from 'tfjs-sparsity/ops';
import { bdwp, gradualMagnitude, type PruningMethod } from 'tfjs-sparsity/pruning';
import type { DatasetShape } from '../examples/lib/dataset.js';
import { percent, textTable } from '../examples/lib/format.js';
import { buildModel, type ModelName } from '../examples/lib/models.js';
import { readFlags } from './read-flags.js';

await readFlags({});

const methods: readonly PruningMethod[] = [gradualMagnitude({ finalSparsity: 0.9, endStep: 1 }), bdwp({ n: 2, m: 8 })];

/** Loop nests of all layers with a kernel, seen by the tap in one step with one image. */
function tappedNests(
  model: tf.LayersModel,
  data: DatasetShape,
): { layer: string; nest: LoopNest; needsInputGradient: boolean }[] {
  const seen: { layer: string; nest: LoopNest; needsInputGradient: boolean }[] = [];
  const tap = attachTap(model, {
    onOp: ({ layer, nest, needsInputGradient }) => void seen.push({ layer, nest, needsInputGradient }),
  });
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  tf.tidy(() => {
    const loss = () =>
      (model.apply(tf.ones([1, ...data.imageShape]), { training: true }) as tf.Tensor).square().sum() as tf.Scalar;
    tf.variableGrads(loss, variables);
  });
  tap.detach();
  return seen.reverse(); // the backward pass meets the last layer first
}

await useBackend('wasm');
for (const net of ['lenet5', 'vgg-small'] as const satisfies readonly ModelName[]) {
  const imageShape = net === 'lenet5' ? ([28, 28, 1] as const) : ([32, 32, 3] as const);
  const data = { imageShape, classes: 10 };
  for (const method of methods) {
    const model = sparsify(buildModel(net, data, 1));
    const states = prunableKernels(model).map((kernel) => ({
      info: kernel.info,
      weights: kernel.readKernel(),
      masks: undefined,
    }));
    const pruned = states.filter(({ info }) => method.skip(info) === undefined);
    const masks = method.updateMasks(pruned, { step: 1, sparsity: 0.9, rng: createRng(1) });
    const layers: MaskedLayer[] = tappedNests(model, data).map(({ layer, ...rest }) => {
      const found = pruned.findIndex(({ info }) => info.name === layer);
      return { name: layer, ...rest, masks: found < 0 ? { forward: null, backward: null, gradient: null } : masks[found] };
    });
    const rows = macReport(layers);
    const sum = (of: 'denseMacs' | 'executedMacs', from = rows) => from.reduce((total, row) => total + row[of], 0);
    console.log(`\n${net}, ${method.name === 'bdwp' ? 'BDWP 2:8' : 'gradual 90 %, uniform'}, one image, seed 1`);
    console.log(
      textTable([
        ['layer, phase', 'dense MACs', 'executed MACs', 'executed'],
        ...rows.map((row) => [
          `${row.layer} ${row.phase}`,
          `${row.denseMacs}`,
          `${row.executedMacs}`,
          percent(row.executedMacs / row.denseMacs),
        ]),
        ['all', `${sum('denseMacs')}`, `${sum('executedMacs')}`, percent(sum('executedMacs') / sum('denseMacs'))],
      ]),
    );
    if (method.name === 'bdwp') {
      const names = new Set(pruned.map(({ info }) => info.name));
      const forward = rows.filter((row) => row.phase === 'forward');
      const prunableShare =
        sum(
          'denseMacs',
          forward.filter((row) => names.has(row.layer)),
        ) / sum('denseMacs', forward);
      const closed = bdwpReduction({ prunableShare, n: 2, m: 8 });
      const counted = 1 - sum('executedMacs') / sum('denseMacs');
      console.log(`reduction counted ${percent(counted)}, closed form ${percent(closed)} at f = ${percent(prunableShare)}`);
    }
    model.dispose();
  }
}
