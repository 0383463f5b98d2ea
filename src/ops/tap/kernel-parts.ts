import type { OpAttrs, TapeNode } from './tape.js';

/**
 * Names of the outputs of an op that cuts a kernel, in their order: a part has the rows and columns that it covers behind the name of its
 * kernel, `gru/recurrent[:][0:8]`, without a comma, since commas join names; an output that is all of the kernel has the kernel's name.
 */
export function partNames(name: string, op: string, { inputs, outputs }: TapeNode, attrs: OpAttrs): readonly string[] {
  const [whole] = Object.values(inputs);
  const begins = op === 'SplitV' ? splitBegins(outputs, whole.rank, attrs.axis as number) : [sliceBegin(attrs.begin)];
  return outputs.map(({ shape }, i) => {
    const ranges = whole.shape.map((size, axis) => {
      const begin = begins[i][axis] ?? 0;
      return shape[axis] === size ? '[:]' : `[${begin}:${begin + shape[axis]}]`;
    });
    return shape.join() === whole.shape.join() ? name : name + ranges.join('');
  });
}

/** The name of the kernel of which something is a part, or the name itself. */
export function wholeName(name: string): string {
  return name.replace(/(\[[\d:]+\])+$/, '');
}

function splitBegins(parts: TapeNode['outputs'], rank: number, axis: number): number[][] {
  const along = axis < 0 ? axis + rank : axis;
  let begin = 0;
  return parts.map(({ shape }) => {
    const begins = shape.map((_, i) => (i === along ? begin : 0));
    begin += shape[along] as number;
    return begins;
  });
}

function sliceBegin(begin: unknown): readonly number[] {
  return typeof begin === 'number' ? [begin] : (begin as readonly number[]);
}
