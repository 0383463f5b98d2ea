import type { NetworkKind } from './contracts.js';
import type { FeatureMap } from './feature-map.js';
import type { LayerList } from './layer-list.js';

/** Two hidden layers of 64 units with tanh, which leaves no zeros. */
function perceptron(list: LayerList, name: string, observation: FeatureMap, outputs: number): void {
  let x = observation;
  for (const hidden of [1, 2]) x = list.dense(`${name}_fc${hidden}`, x, 64, { relu: false });
  list.dense(`${name}_out`, x, outputs, { relu: false });
}

/** Schulman et al. 2017: critic and actor of proximal policy optimisation, with the sizes of ledger 3.1, 17 observations and 6 actions. */
const actorCritic: NetworkKind = {
  inputSize: 1,
  inChannels: 17,
  classes: 6,
  build(list, observation, actions) {
    perceptron(list, 'critic', observation, 1);
    perceptron(list, 'actor', observation, actions);
  },
};

export const ppos = { ppo: actorCritic };
