/** A layer as {@link xnnpackSupport} looks at it: class name and options in the words of tfjs. */
export interface XnnpackLayer {
  /** `layer.getClassName()`. */
  readonly className: string;
  /** Of `layer.getConfig()`; strides and dilation of 1, a multiplier and groups of 1 and valid padding where they are left out. */
  readonly config?: {
    readonly kernelSize?: readonly number[];
    readonly strides?: readonly number[];
    readonly dilationRate?: readonly number[];
    readonly padding?: string;
    readonly depthMultiplier?: number;
    readonly groups?: number;
    readonly keepDims?: boolean;
    /** Of an activation layer. */
    readonly activation?: string;
    /** Of a batch normalization: the channels, which are the last axis where it is left out. */
    readonly axis?: number;
    /** Of an upsampling layer; `nearest` where it is left out. */
    readonly interpolation?: string;
  };
  /**
   * Width of the zero padding layer right before it, at each side.
   * @default none
   */
  readonly zeroPadding?: number;
}

/** What {@link xnnpackSupport} says of a layer. */
export interface XnnpackSupport {
  /** Whether its kernel is one to prune: that of a 1x1 convolution, which alone has a sparse kernel there, if it also is `inside`. */
  readonly prunable: boolean;
  /** Whether it may stand between such convolutions without ending their sparse subgraph. */
  readonly inside: boolean;
}

/** tfjs calls them so; a padding belongs to the window behind it, and dropout does nothing in inference. */
const elementwise: readonly string[] = ['Add', 'Dropout', 'ELU', 'LeakyReLU', 'Multiply', 'ReLU', 'ZeroPadding2D'];
const activations: readonly string[] = ['elu', 'leaky_relu', 'relu', 'relu6', 'sigmoid'];

/**
 * What XNNPACK's sparse inference, as TFLite has it, does with a layer: pruning pays for 1x1 convolutions in a chain of such (of stride 1,
 * without dilation or groups), of depthwise convolutions of 3x3 or 5x5 that keep the size (`same`) or are padded by a layer before (by 1 or
 * 2; stride 1 or 2), of global averages that keep their axes, of bilinear upsampling, of dropout and of elementwise layers. The rules of
 * tfmot's policy for latency on XNNPACK.
 *
 * @example
 * ```ts
 * xnnpackSupport({className: 'Conv2D', config: {kernelSize: [1, 1]}}); // {prunable: true, inside: true}
 * xnnpackSupport({className: 'Conv2D', config: {kernelSize: [3, 3]}}); // {prunable: false, inside: false}
 * ```
 */
export function xnnpackSupport({ className, config = {}, zeroPadding = 0 }: XnnpackLayer): XnnpackSupport {
  const { kernelSize = [], strides = [1, 1], dilationRate = [1, 1], padding = 'valid' } = config;
  const { depthMultiplier = 1, groups = 1 } = config;
  const undilated = isSquare(dilationRate, 1);
  if (className === 'Conv2D') {
    const prunable = isSquare(kernelSize, 1);
    return { prunable, inside: prunable && isSquare(strides, 1) && undilated && groups === 1 };
  }
  if (className === 'DepthwiseConv2D') {
    const margin = isSquare(kernelSize, 3) ? 1 : isSquare(kernelSize, 5) ? 2 : undefined;
    const keeps = isSquare(strides, 1) && padding === 'same';
    const isPadded = (isSquare(strides, 1) || isSquare(strides, 2)) && padding === 'valid' && zeroPadding === margin;
    return { prunable: false, inside: margin !== undefined && depthMultiplier === 1 && undilated && (keeps || isPadded) };
  }
  return { prunable: false, inside: passes(className, config) };
}

function passes(className: string, config: NonNullable<XnnpackLayer['config']>): boolean {
  if (className === 'GlobalAveragePooling2D') return config.keepDims ?? false;
  if (className === 'Activation') return activations.includes(config.activation ?? '');
  if (className === 'BatchNormalization') return [-1, 3].includes(config.axis ?? -1);
  if (className === 'UpSampling2D') return config.interpolation === 'bilinear';
  return elementwise.includes(className);
}

function isSquare(lengths: readonly number[], length: number): boolean {
  return lengths.length === 2 && lengths.every((side) => side === length);
}
