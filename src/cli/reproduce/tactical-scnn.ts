import { bernoulliBits, denseMacs, type GemmWork, network, scnnCounters, spaceToDepth, tacticalCycles } from '../../hw/index.js';
import { createRng } from '../../rng.js';

/** SCNN over DaDianNao++ at equal multipliers, where both operands have as many zeros. */
export interface ScnnSpeed {
  readonly sparsity: number;
  /** Cycles of DaDianNao++ over those of SCNN. */
  readonly speed: number;
  /** The same where DaDianNao++ has the first layers folded ({@link spaceToDepth}). */
  readonly foldedSpeed: number;
  /** The same against as many multipliers that never idle. */
  readonly idealSpeed: number;
}

/** Speeds of SCNN on the convolutions of AlexNet and GoogLeNet together, from no zeros on. */
export function scnnSpeeds(seed: number): readonly ScnnSpeed[] {
  const nests = ['alexnet', 'googlenet'].flatMap((name) =>
    network(name)
      .layers.filter(({ kind }) => kind === 'conv')
      .map(({ nest }) => nest),
  );
  return [0, 0.1, 0.15, 0.2, 0.3, 0.5].map((sparsity) => {
    const rng = createRng(`scnn/${seed}/${sparsity}`);
    let [dense, folded, ideal, sparse] = [0, 0, 0, 0];
    for (const nest of nests) {
      const A = bernoulliBits([1, ...nest.inSize, nest.inChannels], 1 - sparsity, rng);
      const W = bernoulliBits([...nest.kernelSize, nest.inChannels / nest.groups, nest.outChannels], 1 - sparsity, rng);
      const work: GemmWork = {
        ...{ kind: 'gemm', layer: 'layer', phase: 'forward', nest, imageScale: 1 },
        input: { role: 'A', source: 'layer', nonzeros: A },
        kernel: { role: 'W', source: 'layer', nonzeros: W },
      };
      dense += tacticalCycles(work).denseCycles;
      folded += tacticalCycles(spaceToDepth(work)).denseCycles;
      ideal += denseMacs(nest) / 1024;
      sparse += scnnCounters(work).cycles;
    }
    return { sparsity, speed: dense / sparse, foldedSpeed: folded / sparse, idealSpeed: ideal / sparse };
  });
}
