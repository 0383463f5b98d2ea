import { areas001, energy45nm, energyTables, scaleEnergyTable } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';

const sum = (parts: Readonly<Record<string, { readonly areaMm2: number }>>) =>
  Object.values(parts).reduce((total, { areaMm2 }) => total + areaMm2, 0);

describe('energy tables of other nodes', () => {
  it('scale what is on the chip by 1.78 at 65 nm, 0.28 at 16 nm and 0.094 at 7 nm, and leave the memory off it alone', () => {
    for (const [nodeNm, factor, digits] of [
      [65, 1.78, 2],
      [16, 0.28, 2],
      [7, 0.094, 3],
    ]) {
      const scaled = scaleEnergyTable(energy45nm(), nodeNm);
      for (const [name, { pj, component }] of Object.entries(energy45nm().actions)) {
        if (component === 'dram') expect(scaled.actions[name].pj).toBe(pj);
        else expect(scaled.actions[name].pj / pj).toBeCloseTo(factor, digits);
        if (component !== 'dram') expect(scaled.actions[name].source).toContain(`scaled from 45 nm`);
      }
      expect(scaled.nodeNm).toBe(nodeNm);
    }
  });

  it('come back when they are scaled back, and do not depend on the way', () => {
    const table = energy45nm({ dram: 'hbm2' });
    const around = scaleEnergyTable(scaleEnergyTable(scaleEnergyTable(table, 7), 90), 45);
    const direct = scaleEnergyTable(table, 16);
    const detour = scaleEnergyTable(scaleEnergyTable(table, 28), 16);
    for (const [name, { pj }] of Object.entries(table.actions)) {
      expect(around.actions[name].pj).toBeCloseTo(pj, 10);
      expect(detour.actions[name].pj).toBeCloseTo(direct.actions[name].pj, 10);
    }
    expect([around.name, direct.name]).toEqual(['45nm-hbm2', '16nm-hbm2']);
  });

  it('can be named in a spec, by the names that they have', () => {
    for (const [name, table] of Object.entries(energyTables)) expect(table.name).toBe(name);
    expect(Object.keys(energyTables)).toEqual(expect.arrayContaining(['16nm', '16nm-hbm2', '65nm']));
    expect(scaleEnergyTable({ ...energy45nm(), name: 'mine' }, 16).name).toBe('mine-16nm');
  });

  it('refuse a node without a known voltage', () => {
    expect(() => scaleEnergyTable(energy45nm(), 12)).toThrow(
      /technology node in nm: got 12, expected one of 7, 16, 28, 45, 65, 90/,
    );
    expect(() => scaleEnergyTable({ ...energy45nm(), nodeNm: 40 }, 45)).toThrow('technology node in nm: got 40');
  });
});

describe('the areas of 001', () => {
  const { designs, components, processingElement, processingElementParts } = areas001;

  it('add up: controller, network and processing elements to 20.16 mm2, and 64 times 0.148 mm2 to 9.47', () => {
    expect(sum(components)).toBeCloseTo(designs.balanced.areaMm2, 10);
    expect(64 * processingElement.areaMm2).toBeCloseTo(components.processingElements.areaMm2, 2);
  });

  it('do not add up inside a processing element: 0.085 mm2 of 0.148, and 0.22 with a multiplier for each of sixteen', () => {
    expect(sum(processingElementParts)).toBeCloseTo(0.085, 10);
    expect(sum(processingElementParts) + 15 * processingElementParts.multiplier.areaMm2).toBeCloseTo(0.22, 10);
  });

  it('are 10.6 % below SIGMA, 2.75 % above SCNN and 1.9 % above SparseTrain; the network is 47 % of them', () => {
    const ratio = (other: keyof typeof designs) => designs.balanced.areaMm2 / designs[other].areaMm2;
    expect(100 * (1 - ratio('sigma001'))).toBeCloseTo(10.6, 1);
    expect(100 * (ratio('scnn001') - 1)).toBeCloseTo(2.75, 2);
    expect(100 * (ratio('sparseTrain001') - 1)).toBeCloseTo(1.9, 1);
    expect(components.network.areaMm2 / designs.balanced.areaMm2).toBeCloseTo(0.47, 2);
  });

  it('go with static powers that add up to 0.295 W', () => {
    const { controller, network, processingElements } = components;
    expect(controller.staticW + network.staticW + processingElements.staticW).toBeCloseTo(designs.balanced.staticW, 10);
    expect(64 * processingElement.staticW).toBeCloseTo(processingElements.staticW, 10);
  });
});
