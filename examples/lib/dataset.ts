/** Images of one split: bytes in [0, 255], image after image, rows, columns, channels; a label each. */
export interface Images {
  readonly count: number;
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

/** What a network needs to know of a set. */
export interface DatasetShape {
  readonly imageShape: readonly [height: number, width: number, channels: number];
  readonly classes: number;
}

/** A classification set, held as bytes. */
export interface Dataset extends DatasetShape {
  readonly name: string;
  readonly train: Images;
  readonly test: Images;
}

/** Reads a set from a folder, or from wherever it is when none is given; the seed is for sets that are generated. */
export type DatasetReader = (dir: string | undefined, seed: number) => Promise<Dataset>;

/** The first `count` images (all when it is larger). */
export function firstImages(images: Images, count: number): Images {
  if (count >= images.count) return images;
  const pixelsEach = images.pixels.length / images.count;
  return { count, pixels: images.pixels.subarray(0, count * pixelsEach), labels: images.labels.subarray(0, count) };
}
