/** Labels as rows of zeros with a one, row-major. */
export function oneHot(labels: Uint8Array, classes: number): Uint8Array {
  const rows = new Uint8Array(labels.length * classes);
  labels.forEach((label, i) => {
    rows[i * classes + label] = 1;
  });
  return rows;
}
