/** PEs on a torus, in partitions. */
export interface Partitioned {
  readonly pes: number;
  readonly torusRows: number;
  readonly torusCols: number;
  readonly partitionRows: number;
  readonly partitionCols: number;
}

/**
 * The PEs of each partition, as numbers of routers of the torus (row-major). Blocks where the partitions divide the torus, else runs
 * along a snake through its rows, whose PEs are neighbours all the same: 64 PEs in 9 partitions are 7, 7, 7, 7, 7, 7, 7, 7, 8.
 */
export function partitionPes({
  torusRows,
  torusCols,
  partitionRows,
  partitionCols,
  pes,
}: Partitioned): readonly (readonly number[])[] {
  const partitions = partitionRows * partitionCols;
  if (torusRows % partitionRows === 0 && torusCols % partitionCols === 0) {
    const height = torusRows / partitionRows;
    const width = torusCols / partitionCols;
    return Array.from({ length: partitions }, (_, partition) => {
      const top = Math.floor(partition / partitionCols) * height;
      const left = (partition % partitionCols) * width;
      return Array.from({ length: height * width }, (_, i) => (top + Math.floor(i / width)) * torusCols + left + (i % width));
    });
  }
  const snake = Array.from({ length: pes }, (_, i) => {
    const row = Math.floor(i / torusCols);
    const col = i % torusCols;
    return row * torusCols + (row % 2 === 0 ? col : torusCols - 1 - col);
  });
  return Array.from({ length: partitions }, (_, partition) =>
    snake.slice(Math.floor((pes * partition) / partitions), Math.floor((pes * (partition + 1)) / partitions)),
  );
}
