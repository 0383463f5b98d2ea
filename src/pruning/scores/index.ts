export { magnitudeScore } from './magnitude-score.js';
