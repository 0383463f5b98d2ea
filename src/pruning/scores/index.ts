export * from './adam-fisher-score.js';
export * from './gradient-score.js';
export { magnitudeScore } from './magnitude-score.js';
export * from './momentum-score.js';
export * from './movement-score.js';
export * from './random-score.js';
export * from './saliency-score.js';
