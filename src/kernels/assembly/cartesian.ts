// @ts-ignore: decorator
@inline
function largestByte(bytes: v128): u32 {
  let m = i8x16.max_u(bytes, i8x16.shuffle(bytes, bytes, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  m = i8x16.max_u(m, i8x16.shuffle(m, m, 4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15));
  m = i8x16.max_u(m, i8x16.shuffle(m, m, 2, 3, 0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  return max(i8x16.extract_lane_u(m, 0), i8x16.extract_lane_u(m, 1));
}

// @ts-ignore: decorator
@inline
function addTo(sums: usize, place: usize, value: f64): void {
  store<f64>(sums + 8 * place, load<f64>(sums + 8 * place) + value);
}

/**
 * Barriers of `channels` source channels. Lists are buckets of entries: bucket i is first[i] .. first[i + 1] - 1 (u32), rows and columns
 * are u32, hashes bytes. Buckets of activations are [channel][element][phase], of weights [channel][phase]. A product's bank is row
 * `rowHashes[row - weight row] ^ colHashes[col - weight col] ^ weight hash` of `oneHots`: 256 rows of 32 bytes, one byte per bank.
 * Sums: eight f64, in the order of CartesianSums.
 */
export function cartesianBarriers(
  channels: i32,
  activationFirst: usize,
  activationRows: usize,
  activationCols: usize,
  weightFirst: usize,
  weightRows: usize,
  weightCols: usize,
  weightHashes: usize,
  elements: i32,
  phases: i32,
  activationVector: u32,
  weightVector: u32,
  rowHashes: usize,
  colHashes: usize,
  oneHots: usize,
  sums: usize,
): void {
  let allLanded = i32x4.splat(0);
  for (let channel = 0; channel < channels; channel++, weightFirst += <usize>4 * phases) {
    let slowest: u32 = 0, total: u32 = 0, bricks: u32 = 0;
    let products: u64 = 0, activationWords: u32 = 0, weightWords: u32 = 0;
    for (let element = 0; element < elements; element++) {
      let cycles: u32 = 0;
      for (let phase = 0; phase < phases; phase++, activationFirst += 4) {
        const from = load<u32>(activationFirst), to = load<u32>(activationFirst, 4);
        const firstWeight = load<u32>(weightFirst + 4 * phase), endWeight = load<u32>(weightFirst + 4 * phase, 4);
        const activationVectors = (to - from + activationVector - 1) / activationVector;
        const weightVectors = (endWeight - firstWeight + weightVector - 1) / weightVector;
        activationWords += activationVectors * activationVector;
        weightWords += weightVectors * weightVector;
        products += <u64>(to - from) * (endWeight - firstWeight);
        bricks += activationVectors * weightVectors;
        for (let a = from; a < to; a += activationVector) {
          const endA = min(a + activationVector, to);
          for (let w = firstWeight; w < endWeight; w += weightVector) {
            const endW = min(w + weightVector, endWeight);
            let low = i8x16.splat(0), high = low;
            for (let i = a; i < endA; i++) {
              const rows = rowHashes + load<u32>(activationRows + 4 * i);
              const cols = colHashes + load<u32>(activationCols + 4 * i);
              for (let j = w; j < endW; j++) {
                const row = <u32>load<u8>(rows - load<u32>(weightRows + 4 * j));
                const col = <u32>load<u8>(cols - load<u32>(weightCols + 4 * j));
                const bank = oneHots + 32 * (row ^ col ^ <u32>load<u8>(weightHashes + j));
                low = i8x16.add(low, v128.load(bank));
                high = i8x16.add(high, v128.load(bank, 16));
              }
            }
            allLanded = i32x4.add(allLanded, i32x4.extadd_pairwise_i16x8_u(
              i16x8.add(i16x8.extadd_pairwise_i8x16_u(low), i16x8.extadd_pairwise_i8x16_u(high))));
            cycles += max(1, largestByte(i8x16.max_u(low, high)));
          }
        }
      }
      total += cycles;
      slowest = max(slowest, cycles);
    }
    addTo(sums, 0, slowest);
    addTo(sums, 1, <f64>elements * slowest - total);
    addTo(sums, 2, bricks);
    addTo(sums, 3, <f64>total - bricks);
    addTo(sums, 4, <f64>products);
    addTo(sums, 6, activationWords);
    addTo(sums, 7, weightWords);
  }
  addTo(sums, 5, <f64>i32x4.extract_lane(allLanded, 0) + <f64>i32x4.extract_lane(allLanded, 1)
    + <f64>i32x4.extract_lane(allLanded, 2) + <f64>i32x4.extract_lane(allLanded, 3));
}
