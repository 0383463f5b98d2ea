// The steps of tfjs's optimizers, each in one pass over the values. Every operation rounds, in the order of tfjs, so that the bits are its own.

/** out = value + rate * gradient; at `rateAt` lies the negative learning rate. */
export function sgdUpdate(value: usize, gradient: usize, rateAt: usize, out: usize, count: i32): void {
  const rate = load<f32>(rateAt);
  const factor = f32x4.splat(rate);
  for (; count >= 4; count -= 4, value += 16, gradient += 16, out += 16) {
    v128.store(out, f32x4.add(f32x4.mul(factor, v128.load(gradient)), v128.load(value)));
  }
  for (; count > 0; count--, value += 4, gradient += 4, out += 4) store<f32>(out, rate * load<f32>(gradient) + load<f32>(value));
}

/**
 * The step of Adam; `accumulated1` and `accumulated2` hold beta1 and beta2 to the power of the step. `complement1` is 1 - beta1, `rate` the
 * negative learning rate.
 */
export function adamUpdate(
  value: usize, m: usize, v: usize, gradient: usize, beta1: f32, complement1: f32, beta2: f32, complement2: f32,
  accumulated1: usize, accumulated2: usize, epsilon: f32, rate: f32, outValue: usize, outM: usize, outV: usize, count: i32,
): void {
  const b1 = f32x4.splat(beta1);
  const c1 = f32x4.splat(complement1);
  const b2 = f32x4.splat(beta2);
  const c2 = f32x4.splat(complement2);
  const scale1 = f32x4.splat(1 - load<f32>(accumulated1));
  const scale2 = f32x4.splat(1 - load<f32>(accumulated2));
  const small = f32x4.splat(epsilon);
  const factor = f32x4.splat(rate);
  let i: usize = 0;
  const end: usize = 4 * <usize>count;
  for (; i + 16 <= end; i += 16) {
    const g = v128.load(gradient + i);
    const nextM = f32x4.add(f32x4.mul(v128.load(m + i), b1), f32x4.mul(g, c1));
    const nextV = f32x4.add(f32x4.mul(v128.load(v + i), b2), f32x4.mul(f32x4.mul(g, g), c2));
    const root = f32x4.sqrt(f32x4.div(nextV, scale2));
    const step = f32x4.div(f32x4.div(nextM, scale1), f32x4.add(root, small));
    const next = f32x4.add(f32x4.mul(step, factor), v128.load(value + i));
    v128.store(outM + i, nextM);
    v128.store(outV + i, nextV);
    v128.store(outValue + i, next);
  }
  for (; i < end; i += 4) {
    const g = load<f32>(gradient + i);
    const nextM = load<f32>(m + i) * beta1 + g * complement1;
    const nextV = load<f32>(v + i) * beta2 + g * g * complement2;
    const root = sqrt<f32>(nextV / (1 - load<f32>(accumulated2)));
    const step = nextM / (1 - load<f32>(accumulated1)) / (root + epsilon);
    store<f32>(outM + i, nextM);
    store<f32>(outV + i, nextV);
    store<f32>(outValue + i, step * rate + load<f32>(value + i));
  }
}
