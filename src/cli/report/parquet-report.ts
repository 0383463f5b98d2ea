import type { Report } from './contracts.js';

/** All values of a report as a Parquet file: a column is of numbers (DOUBLE) or of words (STRING), null where there is none. */
export async function parquetReport({ data }: Report): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const columnData = data.columns.map(({ name, unit }, i) => {
    const cells = data.rows.map((row) => row[i]);
    return unit === 'text'
      ? { name, type: 'STRING' as const, data: cells.map((cell) => (cell === null ? null : String(cell))) }
      : { name, type: 'DOUBLE' as const, data: cells };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
