import {
  createAccelerator,
  createEstimator,
  effectualMacs,
  estimatorPresets,
  type LayerTensors,
  network,
  type PhaseWork,
  presets,
  syntheticRecords,
  trainingWorks,
  workMacs,
} from 'tfjs-sparsity/hw';
import { textTable } from '../examples/lib/format.js';
import { cpuMsSince } from './cpu-ms-since.js';

/** Share of zeros: of weights, of activations behind a ReLU, of errors before one. Declared. */
const sparsity = { W: 0.9, A: 0.5, E: 0.5 } as const;

/** CPU time of models over one training step. */
export interface NetworkTimes {
  readonly network: string;
  readonly denseMacs: number;
  readonly effectualMacs: number;
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly totalMs: number;
  readonly peakMemoryMb: number;
}

/**
 * All models over a training step of batch 1 of a network with synthetic maps, one after the other in this process, each once, with works
 * of its own. Drawing the maps is not timed.
 */
export function networkTimes(name: string, names: readonly string[], seed: number): NetworkTimes {
  const layers = network(name, { batch: 1 });
  const records: LayerTensors[] = [...syntheticRecords(layers, { seed, sparsity })];
  const worksOf = () => trainingWorks(records, { slots: 2, masked: records.map(({ layer }) => layer) });
  const cpuMs: Record<string, number> = {};
  for (const one of names) {
    const works = worksOf();
    const cpu = process.cpuUsage();
    if (Object.hasOwn(estimatorPresets, one)) createEstimator(one).estimateStep(works);
    else createAccelerator(one).start().executeStep(works);
    cpuMs[one] = cpuMsSince(cpu);
  }
  const sum = (of: (work: PhaseWork) => number) => worksOf().reduce((total, work) => total + of(work), 0);
  return {
    network: layers.name,
    denseMacs: sum(workMacs),
    effectualMacs: sum(effectualMacs),
    cpuMs,
    totalMs: Object.values(cpuMs).reduce((total, ms) => total + ms, 0),
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
  };
}

/** Every model that counts something of its own: presets that differ in their energy table only are left out. */
export function modelNames(): string[] {
  return [...Object.keys(presets).filter((name) => !('energyTable' in presets[name])), ...Object.keys(estimatorPresets)];
}

/** The times as text. */
export function networkTable({ network: name, denseMacs, effectualMacs: effectual, ...of }: NetworkTimes): string {
  const rows = Object.entries(of.cpuMs).map(([model, ms]) => [model, (ms / 1000).toFixed(2), (denseMacs / ms / 1e6).toFixed(2)]);
  const zeros = Object.entries(sparsity).map(([role, share]) => `${role} ${share}`);
  return [
    `A training step of ${name}, batch 1, synthetic maps; declared zeros ${zeros.join(', ')}:`,
    `${(denseMacs / 1e9).toFixed(2)} G MACs, ${(effectual / 1e6).toFixed(0)} M of them effectual`,
    textTable([['model', 'CPU s', 'dense G MAC/s'], ...rows]),
    `${rows.length} models in all: ${(of.totalMs / 1000).toFixed(1)} s, ${of.peakMemoryMb.toFixed(0)} MB`,
  ].join('\n');
}
