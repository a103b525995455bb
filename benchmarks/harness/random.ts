/*
 * Chance for traces and for arrivals: the same from the same seed, everywhere.
 */

export type Random = () => number

/** mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Ranks from 0, the n-th as often as 1 / n ** skew. */
export function zipf(many: number, skew: number, random: Random): () => number {
  const sums = new Float64Array(many)
  let sum = 0
  for (let rank = 0; rank < many; rank++) {
    sum += 1 / (rank + 1) ** skew
    sums[rank] = sum
  }
  return () => {
    const wanted = random() * sum
    let low = 0
    let high = many - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] as number) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

export const below = (limit: number, random: Random): number => Math.floor(random() * limit)

/** Sizes as of web objects: most are small, few are very large. The same key has the same one. */
export function sizeOf(key: number): number {
  const random = randomOf(Math.imul(key + 1, 0x9e37_79b1))
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.round(Math.min(4_000_000, Math.max(40, Math.exp(7 + 1.8 * normal))))
}
