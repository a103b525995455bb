/*
 * What is asked when: made before anything is asked, from a seed, so that every candidate is asked the same at the same times.
 *
 * Arrivals are those of many who know nothing of each other: the pauses between them are exponential (a Poisson process). Keys
 * are skewed as those of real programs are: the n-th is asked for in proportion to 1 / n^0.99 (Zipf). Some are written.
 */

export interface Schedule {
  /** ms after the start, ascending: when it is to be asked. */
  readonly due: Float64Array
  /** Which key, by its number. */
  readonly key: Uint32Array
  /** 1 where it is written, 0 where it is read. */
  readonly isWrite: Uint8Array
}

export interface Mix {
  readonly seed: number
  /** Arrivals in a second. */
  readonly rate: number
  readonly ms: number
  readonly keys: number
  /** The share of writes. */
  readonly writes: number
}

const SKEW = 0.99

export function scheduleOf({ seed, rate, ms, keys, writes }: Mix): Schedule {
  const random = randomFrom(seed)
  const nth = skewed(keys, random)
  const due: number[] = []
  for (let at = pause(rate, random); at < ms; at += pause(rate, random)) due.push(at)
  return {
    due: Float64Array.from(due),
    key: Uint32Array.from(due, nth),
    isWrite: Uint8Array.from(due, () => (random() < writes ? 1 : 0)),
  }
}

const pause = (rate: number, random: () => number): number => (-Math.log(1 - random()) * 1_000) / rate

/** 0 to `count - 1`, the first most often. */
function skewed(count: number, random: () => number): () => number {
  const sums = new Float64Array(count)
  let sum = 0
  for (let at = 0; at < count; at++) sums[at] = sum += 1 / (at + 1) ** SKEW
  return () => {
    const aim = random() * sum
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? sum) > aim) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** mulberry32: chance that can be repeated, 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}
