import { parentPort } from 'node:worker_threads';
import type { DrawJob } from './draw-job.js';
import { simulateDraw } from './simulate-draw.js';

parentPort?.on('message', (job: DrawJob) => parentPort?.postMessage(simulateDraw(job)));
