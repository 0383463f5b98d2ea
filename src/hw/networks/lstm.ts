import type { NetworkKind } from './contracts.js';

/** A stand-in for the Bi-LSTM of 003, which gives no sizes (ledger 3.2): 512 features in and 512 units each way, over 20 steps. */
const biLstm: NetworkKind = {
  sequence: 20,
  inputSize: 1,
  inChannels: 512,
  classes: 0,
  build(list, x) {
    for (const direction of ['forward', 'backward']) list.lstm(direction, x, 512);
  },
};

export const lstms = { 'bi-lstm': biLstm };
