/*
 * The server's time: by which processes agree when something ends, whatever their own clocks say.
 *
 * A sample says how far the server's clock is ahead of ours, give or take half a round trip. Clocks drift, so a sample
 * gets worse with age; the best one is kept. Several servers have several clocks: then the answer is in the middle of them, and as
 * uncertain as they are far apart.
 */

import type { Clock } from '@larder/core'
import type { Reply } from './link.ts'

export interface Sample {
  /** Of the server's time, ms since 1970, over clock.exact(). */
  readonly ahead: number
  readonly error: number
  /** By clock.exact(). */
  readonly at: number
}

/** How much a clock may gain or lose on another: 100 millionths. */
const DRIFT = 1e-4
/** clock.now() may lag behind clock.exact() so much. */
const LAG = 1

/** From an answer to TIME. */
export function sampleOf(reply: Reply, sent: number, heard: number): Sample | undefined {
  if (!Array.isArray(reply)) return undefined
  const [seconds, micros] = (reply as readonly Reply[]).map((part) =>
    Number(part instanceof Uint8Array ? Buffer.from(part).toString() : part),
  )
  if (seconds === undefined || micros === undefined || !(seconds > 0)) return undefined
  return {
    ahead: seconds * 1_000 + micros / 1_000 - (sent + heard) / 2,
    error: (heard - sent) / 2,
    at: heard,
  }
}

export class ServerTime {
  readonly #clock: Clock
  /** By node; forgotten with it. */
  readonly #samples = new Map<string, Sample>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(node: string, sample: Sample | undefined, isNewServer: boolean = false): void {
    if (sample === undefined) return
    const known = this.#samples.get(node)
    if (
      isNewServer ||
      known === undefined ||
      sample.error <= errorAt(known, sample.at) ||
      !agree(known, sample)
    )
      this.#samples.set(node, sample)
  }

  forget(node: string): void {
    this.#samples.delete(node)
  }

  /** Before the first sample: this process's own calendar, and nobody knows how far off. */
  get(): { readonly now: number; readonly error: number } {
    const now = this.#clock.now()
    let least = Infinity
    let most = -Infinity
    for (const sample of this.#samples.values()) {
      const error = errorAt(sample, now)
      least = Math.min(least, sample.ahead - error)
      most = Math.max(most, sample.ahead + error)
    }
    if (least > most) return { now: this.#clock.epoch(), error: Infinity }
    return { now: now + (least + most) / 2, error: (most - least) / 2 + LAG }
  }
}

function errorAt(sample: Sample, now: number): number {
  return sample.error + Math.max(0, now - sample.at) * DRIFT
}

/** Two samples that cannot both be true: a clock was set. */
function agree(known: Sample, sample: Sample): boolean {
  return Math.abs(known.ahead - sample.ahead) <= errorAt(known, sample.at) + sample.error
}
