import type { DatasetReader } from '../dataset.js';
import { digits as draw } from '../digits.js';

/** Digits drawn from the seed: they need no file. */
export const digits: DatasetReader = async (_, seed) => draw({ seed, trainImages: 6000, testImages: 2000 });
