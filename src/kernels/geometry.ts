/** The loop bounds of a 2-D convolution in NHWC / HWIO layout, as tfjs computes them. All in elements. */
export interface ConvGeometry {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** Depthwise: `inChannels` times the channel multiplier. */
  readonly outChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  /** Rows of padding above and columns of padding left of the input; the rest follows from the output's size. */
  readonly padTop: number;
  readonly padLeft: number;
}

/** Whether there is nothing to add up, or nowhere to add it. */
export function isEmpty({ batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels }: ConvGeometry): boolean {
  return Math.min(batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels) < 1;
}
