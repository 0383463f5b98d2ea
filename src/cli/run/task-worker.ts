/** What pool threads may be asked for, by name. */
export { runPoint, runTask } from './task.js';
