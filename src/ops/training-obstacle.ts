/** What a layer's config says about its trainability. */
export interface MaskableConfig {
  readonly dilationRate?: number | readonly number[];
  readonly padding?: string;
  readonly dataFormat?: string;
}

/** Why tfjs cannot train a layer of one of its maskable classes, or undefined when it can. */
export function trainingObstacle(className: string, config: MaskableConfig): string | undefined {
  if (!['Conv1D', 'Conv2D', 'SeparableConv2D'].includes(className)) return undefined;
  if ([config.dilationRate ?? 1].flat().some((rate) => rate > 1)) return 'a dilated convolution, which tfjs cannot train';
  if (config.padding === 'causal') return 'causal padding, which tfjs does not implement';
  if (className === 'Conv1D' && config.dataFormat === 'channelsFirst')
    return 'a channels-first conv1d, which tfjs does not implement';
  return undefined;
}
