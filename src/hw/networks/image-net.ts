/** Images and classes of ImageNet, as most networks take them. */
export const imageNet = { inputSize: 224, inChannels: 3, classes: 1000 } as const;
