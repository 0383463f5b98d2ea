/** Cycles of a brick: the products in its fullest bank. Members of a set are bytes by class, which decides the bank. */
function brickCycles(outputs: usize, filters: usize, banks: i32, occupancy: usize): u32 {
  memory.fill(occupancy, 0, 32);
  let most: u32 = 1;
  for (let o = 0; o < 8; o++)
    for (let f = 0; f < 8; f++) {
      const bank = occupancy + (((o << 2) ^ (((f & 4) << 2) | (f & 3))) % banks);
      const products = <u32>load<u8>(bank) + <u32>load<u8>(outputs + o) * <u32>load<u8>(filters + f);
      store<u8>(bank, products);
      most = max(most, products);
    }
  return most;
}

// @ts-ignore: decorator
@inline
function add(sums: usize, place: usize, value: f64): void {
  store<f64>(sums + 8 * place, load<f64>(sums + 8 * place) + value);
}

/**
 * A barrier per reduction index, in which all of its ones among `rows` meet all of its ones among `filters`, `together` neighbouring filters
 * at a time. Rows are bits of whole words; the filters of index i begin at bit filterFrom + i * filterStride. Each row lies in an element
 * (u16) and has a class (u8), each filter a class; next[8 * set + class] is the set with one more (u32), members[8 * set] its bytes.
 * `table` [output sets][filterSets] holds the cycles of bricks, 0 where they are not known yet. Scratch: 32 bytes, then u32: 3 per element,
 * 2 per row, 2 per filter. Sums: eight f64, in the order of CartesianSums.
 */
export function outerBarriers(
  reductions: i32, rowBits: usize, rows: i32, filterBits: usize, filterFrom: i32, filterStride: i32, filters: i32,
  elementOf: usize, classOf: usize, classOfFilter: usize, nextOutput: usize, outputMembers: usize, nextFilter: usize, filterMembers: usize,
  filterSets: i32, table: usize, elements: i32, activationVector: i32, weightVector: i32, together: i32, banks: i32,
  scratch: usize, sums: usize,
): void {
  const room = scratch + 32;
  const lastVector = room + 4 * elements;
  const elementCycles = lastVector + 4 * elements;
  const vectorElement = elementCycles + 4 * elements;
  const vectorRow = vectorElement + 4 * rows;
  const filterOnes = vectorRow + 4 * rows;
  const filterVectors = filterOnes + 4 * filters;
  const rowWords = (rows + 31) >> 5;
  for (; reductions > 0; reductions--, rowBits += 4 * rowWords, filterFrom += filterStride) {
    let foundFilters = 0;
    for (let first = 0; first < filters; first += 32) {
      const at = filterFrom + first;
      let bits = <u32>(load<u64>(filterBits + ((at >> 5) << 2)) >> (at & 31));
      if (filters - first < 32) bits &= (<u32>1 << (filters - first)) - 1;
      for (; bits != 0; bits &= bits - 1) store<u32>(filterOnes + 4 * foundFilters++, first + ctz<u32>(bits));
    }
    if (foundFilters == 0) continue; // nothing is read for no filter
    let foundRows = 0, vectors = 0;
    memory.fill(room, 0, 4 * <usize>elements);
    for (let word = 0; word < rowWords; word++)
      for (let bits = load<u32>(rowBits + 4 * word); bits != 0; bits &= bits - 1, foundRows++) {
        const row = 32 * word + ctz<u32>(bits);
        const element = load<u16>(elementOf + 2 * row);
        let left = load<u32>(room + 4 * <usize>element);
        if (left == 0) {
          store<u32>(lastVector + 4 * <usize>element, vectors);
          store<u32>(vectorElement + 4 * vectors, element);
          store<u32>(vectorRow + 4 * vectors++, 0);
          left = activationVector;
        }
        store<u32>(room + 4 * <usize>element, left - 1);
        const vector = vectorRow + 4 * load<u32>(lastVector + 4 * <usize>element);
        store<u32>(vector, load<u32>(nextOutput + 32 * load<u32>(vector) + 4 * <usize>load<u8>(classOf + row)));
      }
    for (let first: u32 = 0, from = 0; from < foundFilters; first += together) {
      let end = from;
      while (end < foundFilters && load<u32>(filterOnes + 4 * end) < first + together) end++;
      if (end == from) continue;
      const passVectors = (end - from + weightVector - 1) / weightVector;
      for (let vector = 0, i = from; vector < passVectors; vector++) {
        let set: u32 = 0;
        for (const last = min(end, i + weightVector); i < last; i++)
          set = load<u32>(nextFilter + 32 * set + 4 * <usize>load<u8>(classOfFilter + load<u32>(filterOnes + 4 * i)));
        store<u32>(filterVectors + 4 * vector, set);
      }
      memory.fill(elementCycles, 0, 4 * <usize>elements);
      let total: u32 = 0, slowest: u32 = 0;
      const lastFilter = filterVectors + 4 * passVectors;
      for (let vector = 0; vector < vectors; vector++) {
        const set = load<u32>(vectorRow + 4 * vector);
        const row = table + filterSets * set;
        let cycles: u32 = 0;
        for (let filter = filterVectors; filter < lastFilter; filter += 4) {
          let brick: u32 = load<u8>(row + load<u32>(filter));
          if (brick == 0) {
            brick = brickCycles(outputMembers + 8 * set, filterMembers + 8 * load<u32>(filter), banks, scratch);
            store<u8>(row + load<u32>(filter), brick);
          }
          cycles += brick;
        }
        const element = elementCycles + 4 * load<u32>(vectorElement + 4 * vector);
        const all = load<u32>(element) + cycles;
        store<u32>(element, all);
        slowest = max(slowest, all);
        total += cycles;
      }
      const bricks = <f64>vectors * passVectors, products = <f64>foundRows * (end - from);
      add(sums, 0, slowest);
      add(sums, 1, <f64>elements * slowest - total);
      add(sums, 2, bricks);
      add(sums, 3, <f64>total - bricks);
      add(sums, 4, products);
      add(sums, 5, products);
      add(sums, 6, <f64>vectors * activationVector);
      add(sums, 7, <f64>elements * passVectors * weightVector);
      from = end;
    }
  }
}
