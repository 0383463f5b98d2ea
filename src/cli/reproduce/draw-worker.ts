/** What pool threads may be asked for, by name. */
export { simulateDraw } from './simulate-draw.js';
