/*
 * What is asked when: made before anything is asked, from a seed, so that every candidate is asked the same at the same times.
 *
 * Arrivals are those of many who know nothing of each other: the pauses between them are exponential (a Poisson process). Keys
 * are skewed as those of real programs are: the n-th is asked for in proportion to 1 / n^0.99 (Zipf). Some are written.
 */
import { type Random, randomOf, zipf } from '../harness/random.ts'

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
  const random = randomOf(seed)
  const nth = zipf(keys, SKEW, random)
  const due: number[] = []
  for (let at = pause(rate, random); at < ms; at += pause(rate, random)) due.push(at)
  return {
    due: Float64Array.from(due),
    key: Uint32Array.from(due, nth),
    isWrite: Uint8Array.from(due, () => (random() < writes ? 1 : 0)),
  }
}

const pause = (rate: number, random: Random): number => (-Math.log(1 - random()) * 1_000) / rate
