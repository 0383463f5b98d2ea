import { createRng, type Rng } from 'tfjs-sparsity';
import type { Dataset, Images } from './dataset.js';

type Point = readonly [x: number, y: number];
type Stroke = readonly Point[];

const size = 28;

/** Points of an elliptic arc; angles in turns, clockwise from the right, y downwards. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): Stroke {
  const steps = Math.max(4, Math.ceil(Math.abs(to - from) * 14));
  return Array.from({ length: steps + 1 }, (_, i): Point => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / steps);
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
  });
}

/** How each digit is written, in a box from 0 to 1; several hands per digit where people differ. */
const glyphs: readonly (readonly (readonly Stroke[])[])[] = [
  [[arc(0.5, 0.5, 0.28, 0.4, 0, 1)], [arc(0.5, 0.5, 0.2, 0.4, 0, 1)]],
  [
    [
      [
        [0.5, 0.1],
        [0.5, 0.9],
      ],
    ],
    [
      [
        [0.34, 0.28],
        [0.52, 0.1],
        [0.52, 0.9],
      ],
    ],
    [
      [
        [0.36, 0.26],
        [0.5, 0.1],
        [0.5, 0.9],
      ],
      [
        [0.32, 0.9],
        [0.68, 0.9],
      ],
    ],
  ],
  [
    [[...arc(0.5, 0.32, 0.25, 0.22, 0.5, 1.08), [0.26, 0.9], [0.78, 0.9]]],
    [[...arc(0.48, 0.3, 0.22, 0.2, 0.55, 1.15), ...arc(0.34, 0.8, 0.1, 0.09, 0.6, 1.2), [0.8, 0.86]]],
  ],
  [
    [arc(0.46, 0.3, 0.24, 0.2, 0.55, 1.25), arc(0.46, 0.7, 0.27, 0.21, 0.75, 1.45)],
    [
      [
        [0.26, 0.1],
        [0.72, 0.1],
        [0.48, 0.44],
      ],
      arc(0.46, 0.67, 0.27, 0.23, 0.75, 1.4),
    ],
  ],
  [
    [
      [
        [0.62, 0.9],
        [0.62, 0.1],
        [0.22, 0.64],
        [0.82, 0.64],
      ],
    ],
    [
      [
        [0.3, 0.1],
        [0.26, 0.52],
        [0.76, 0.52],
      ],
      [
        [0.7, 0.12],
        [0.66, 0.9],
      ],
    ],
  ],
  [
    [
      [
        [0.74, 0.1],
        [0.32, 0.1],
        [0.29, 0.45],
      ],
      arc(0.47, 0.66, 0.26, 0.24, 0.66, 1.42),
    ],
    [[[0.72, 0.12], [0.34, 0.12], [0.32, 0.46], ...arc(0.48, 0.66, 0.24, 0.22, 0.75, 1.38)]],
  ],
  [
    [
      [
        [0.64, 0.1],
        [0.38, 0.36],
        [0.27, 0.66],
      ],
      arc(0.5, 0.68, 0.23, 0.22, 0, 1),
    ],
    [[...arc(0.62, 0.5, 0.34, 0.4, 0.72, 0.45), [0.28, 0.66]], arc(0.5, 0.7, 0.22, 0.19, 0, 1)],
  ],
  [
    [
      [
        [0.24, 0.12],
        [0.76, 0.12],
        [0.44, 0.9],
      ],
    ],
    [
      [
        [0.24, 0.14],
        [0.76, 0.12],
        [0.48, 0.9],
      ],
      [
        [0.38, 0.5],
        [0.72, 0.5],
      ],
    ],
  ],
  [
    [arc(0.5, 0.3, 0.2, 0.19, 0, 1), arc(0.5, 0.7, 0.25, 0.21, 0, 1)],
    [arc(0.5, 0.31, 0.22, 0.2, 0, 1), arc(0.5, 0.7, 0.2, 0.19, 0, 1)],
  ],
  [
    [
      arc(0.5, 0.32, 0.22, 0.21, 0, 1),
      [
        [0.72, 0.34],
        [0.66, 0.9],
      ],
    ],
    [arc(0.5, 0.32, 0.22, 0.2, 0, 1), [[0.72, 0.32], [0.7, 0.6], ...arc(0.48, 0.68, 0.22, 0.2, 0, 0.36)]],
  ],
];

/** One image: a digit's strokes bent, slanted, scaled and shifted, drawn with a round pen, then noise. */
function drawDigit(digit: number, rng: Rng, pixels: Uint8Array, offset: number): void {
  const hands = glyphs[digit];
  const strokes = hands[rng.integer(hands.length)];
  const between = (low: number, high: number) => low + (high - low) * rng.uniform();
  const [scaleX, scaleY] = [between(13, 21), between(15, 22)];
  const [slant, turn] = [between(-0.25, 0.35), between(-0.22, 0.22)];
  const [centreX, centreY] = [14 + between(-2.5, 2.5), 14 + between(-2.5, 2.5)];
  const pen = between(0.7, 1.7);
  const place = ([x, y]: Point): Point => {
    const dx = (x - 0.5 + 0.022 * rng.normal()) * scaleX;
    const dy = (y - 0.5 + 0.022 * rng.normal()) * scaleY;
    const slanted = dx - slant * dy;
    return [centreX + slanted * Math.cos(turn) - dy * Math.sin(turn), centreY + slanted * Math.sin(turn) + dy * Math.cos(turn)];
  };
  const ink = new Float32Array(size * size);
  for (const stroke of strokes) {
    const points = stroke.map(place);
    for (let i = 0; i + 1 < points.length; i++) drawSegment(points[i], points[i + 1], pen, ink);
  }
  const noise = between(0, 0.1);
  for (let i = 0; i < ink.length; i++) {
    // Noise goes on the ink only, so that the paper stays exactly 0, as in the real sets.
    const value = ink[i] === 0 ? 0 : ink[i] * (1 - noise * Math.abs(rng.normal()));
    pixels[offset + i] = Math.max(0, Math.min(255, Math.round(255 * value)));
  }
}

/** Draws a line with a round pen, anti-aliased over one pixel; darker ink wins. */
function drawSegment([ax, ay]: Point, [bx, by]: Point, pen: number, ink: Float32Array): void {
  const reach = pen + 1;
  const [dx, dy] = [bx - ax, by - ay];
  const lengthSquared = dx * dx + dy * dy || 1e-9;
  const bottom = Math.min(size - 1, Math.ceil(Math.max(ay, by) + reach));
  const right = Math.min(size - 1, Math.ceil(Math.max(ax, bx) + reach));
  for (let y = Math.max(0, Math.floor(Math.min(ay, by) - reach)); y <= bottom; y++) {
    for (let x = Math.max(0, Math.floor(Math.min(ax, bx) - reach)); x <= right; x++) {
      const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / lengthSquared));
      const distance = Math.hypot(x - ax - t * dx, y - ay - t * dy);
      const value = Math.max(0, Math.min(1, pen + 0.5 - distance));
      if (value > ink[y * size + x]) ink[y * size + x] = value;
    }
  }
}

function drawImages(count: number, rng: Rng): Images {
  const pixels = new Uint8Array(count * size * size);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = rng.integer(10);
    drawDigit(labels[i], rng, pixels, i * size * size);
  }
  return { count, pixels, labels };
}

/**
 * Handwriting-like digits, generated from a seed: the data set that needs no file and no network. It is easier than MNIST
 * (fewer hands), so accuracies on it say that a run works, not how good a method is.
 */
export function digits(options: { readonly seed: number; readonly trainImages: number; readonly testImages: number }): Dataset {
  const rng = createRng(options.seed);
  return {
    name: 'digits',
    imageShape: [size, size, 1],
    classes: 10,
    train: drawImages(options.trainImages, rng.fork('train')),
    test: drawImages(options.testImages, rng.fork('test')),
  };
}
