import fc from 'fast-check';

// Properties without a seed of their own get this one: a run that passes passes again.
fc.configureGlobal({ seed: 20_261 });
