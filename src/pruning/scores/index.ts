export { magnitudeScore } from './magnitude-score.js';
export * from './random-score.js';
