import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { kindForClass, type MaskedKind } from './masked-kinds.js';
import { type LayerClass, maskedClass } from './masked-layer-class.js';

/** Where the kernels of a layer class of your own are. */
export interface MaskedLayerOptions {
  /**
   * The field of the layer that holds the kernel, as `addWeight` returned it: `'kernel'`, or the way to it, `'cell.kernel'`; or those of
   * several, each of which gets masks of its own: `['kernel', 'recurrentKernel']`. `call` must read them anew each time.
   */
  readonly kernel: string | readonly string[];
  /**
   * Axis of the kernels that the forward pass reduces over, its input channels; negative ones count from the end.
   * @default -2
   */
  readonly inputAxis?: number;
  /**
   * Axis of the output channels, that the input gradient reduces over; negative ones count from the end.
   * @default -1
   */
  readonly outputAxis?: number;
}

/** A class of layers, as `class Mine extends tf.layers.Layer` makes one. Its arguments must be what its `getConfig` returns. */
export type OwnLayerClass = (new (args: never) => tf.layers.Layer) & { readonly className: string };

/**
 * Makes a layer class of your own prunable: `sparsify` puts its masked twin in its place, a subclass named `Masked` and the class's name.
 * The twin computes as your layer does, with `W.M_f` for each of its kernels; the gradient of W is that of the weights in use, times M_g.
 * It trains dense under its masks also in sparse execution, and methods whose mask of the input gradient is another than that of the
 * forward pass (BDWP), or which thin other operands, leave it alone: your `call` has one kernel for all, and its products are not known. Both classes
 * are registered with tfjs, so that models of them load again; call this before loading one.
 *
 * @throws SparsityError for what is no layer class, a class name that another class has in tfjs, or that of its masked twin, a `kernel`
 * that is no name, names none or one twice, axes that are no integers or one and the same.
 * @example
 * ```ts
 * class Mix extends tf.layers.Layer {
 *   static className = 'Mix';
 *   private kernel!: tf.LayerVariable;
 *   override build([, inputs]: tf.Shape) {
 *     this.kernel = this.addWeight('kernel', [inputs, 2], 'float32', tf.initializers.ones());
 *     this.built = true;
 *   }
 *   override call(x: tf.Tensor | tf.Tensor[]) {
 *     return tf.matMul([x].flat()[0], this.kernel.read());
 *   }
 *   override computeOutputShape([batch]: tf.Shape) {
 *     return [batch, 2];
 *   }
 * }
 * registerMaskedLayer(Mix, {kernel: 'kernel'});
 * const model = tf.sequential({layers: [tf.layers.inputLayer({inputShape: [3]}), new Mix({name: 'mix'})]});
 * sparsifyReport(sparsify(model)).masked; // ['mix']
 * ```
 */
export function registerMaskedLayer(layer: OwnLayerClass, options: MaskedLayerOptions): void {
  const { kernel, inputAxis = -2, outputAxis = -1 } = options;
  const stock = checkClass(layer);
  const kernelFields = [kernel].flat();
  const areNames = kernelFields.every((field) => typeof field === 'string' && field !== '');
  if (!areNames || kernelFields.length === 0 || new Set(kernelFields).size < kernelFields.length) {
    const fix = "name it: {kernel: 'kernel'} for what call reads as this.kernel";
    throw new SparsityError({ what: `kernel of ${stock}`, got: kernel, expected: 'the name of a field of the layer', fix });
  }
  for (const [name, axis] of Object.entries({ inputAxis, outputAxis })) {
    if (Number.isInteger(axis)) continue;
    const fix = 'leave it out where channels come last';
    throw new SparsityError({ what: `${name} of ${stock}`, got: axis, expected: 'an axis of the kernel', fix });
  }
  if (inputAxis === outputAxis) {
    const fix = 'name the axis of the input channels and that of the output channels';
    throw new SparsityError({ what: `axes of ${stock}`, got: [inputAxis, outputAxis], expected: 'two axes', fix });
  }
  const kind: MaskedKind = { stock, masked: `Masked${stock}`, axes: [inputAxis, outputAxis], kernelFields };
  const known = kindForClass(layer);
  if (known && JSON.stringify(known) === JSON.stringify(kind)) return;
  if (known || isTaken(stock, layer) || isTaken(kind.masked)) {
    const fix = known ? 'register it once' : 'give your class another className';
    throw new SparsityError({
      what: 'layer class',
      got: stock,
      expected: 'one that is not registered yet, nor its masked name',
      fix,
    });
  }
  tf.serialization.registerClass(layer as never);
  maskedClass(kind, layer as unknown as LayerClass);
}

/** Whether a class name is that of another class in tfjs, which registering would replace there in every model that is loaded. */
function isTaken(className: string, by?: OwnLayerClass): boolean {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const taken: unknown = Object.hasOwn(classNameMap, className) ? classNameMap[className]?.[0] : by;
  return taken !== by;
}

function checkClass(layer: OwnLayerClass): string {
  const isClass = typeof layer === 'function' && layer.prototype instanceof tf.layers.Layer;
  if (isClass && typeof layer.className === 'string' && layer.className !== '') return layer.className;
  throw new SparsityError({
    what: 'layer class',
    got: typeof layer === 'function' ? layer.name : layer,
    expected: 'a class that extends tf.layers.Layer and has a static className',
    fix: "pass the class, not a layer: class Mine extends tf.layers.Layer {static className = 'Mine'; ...}",
  });
}
