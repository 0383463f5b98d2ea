/** An off-chip memory. */
export interface MemoryNode {
  /** Peak bandwidth; at 1 GHz the bytes per cycle. */
  readonly gigabytesPerSecond: number;
  readonly source: string;
}

const channel = (megatransfers: number) => ({
  gigabytesPerSecond: (megatransfers * 8) / 1000,
  source: `one channel of 64 bits at ${megatransfers} million transfers a second`,
});

/**
 * Off-chip memories for `dramBytesPerCycle` (003 compares several without naming them; ledger 1.4.1): bandwidth is transfers times width, peak.
 * Their energies are those of the energy tables `45nm`, `45nm-lpddr4` and `45nm-hbm2`.
 *
 * `tactical({dramBytesPerCycle: memoryNodes['ddr4-3200'].gigabytesPerSecond})` is a machine of 1 GHz with one channel of DDR4.
 */
export const memoryNodes = {
  'ddr3-1600': channel(1600),
  'ddr4-2133': channel(2133),
  'ddr4-3200': channel(3200),
  'lpddr4-3200': channel(3200),
  'lpddr4x-4267': channel(4267),
  hbm2: { gigabytesPerSecond: 256, source: 'one stack of 1024 bits at 2000 million transfers a second' },
  /** So much that nothing waits: what 003 assumes first. */
  unlimited: { gigabytesPerSecond: 1e6, source: '003: enough bandwidth for no stalls' },
} as const satisfies Readonly<Record<string, MemoryNode>>;
