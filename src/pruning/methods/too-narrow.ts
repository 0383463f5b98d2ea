import type { KernelInfo } from '../contracts.js';

/** Why a kernel has no whole group of `m` weights along its reduction axes, or undefined when it has. */
export function tooNarrow(
  { kind, shape, inputAxis, outputAxis }: KernelInfo,
  m: number,
  axes: readonly ('input' | 'output')[] = ['input', 'output'],
): string | undefined {
  if (kind === 'depthwiseConv2d')
    return 'a depthwise convolution reduces over its window only, so there are no N:M groups along channels';
  const [inputs, outputs] = [shape[inputAxis], shape[outputAxis]];
  if (axes.includes('input') && inputs < m) return `${inputs} input channels are fewer than m = ${m}`;
  return axes.includes('output') && outputs < m ? `${outputs} output channels are fewer than m = ${m}` : undefined;
}
