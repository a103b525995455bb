/*
 * Times of reads, by the million: counted in buckets that grow by a sixteenth of an octave, so that a percentile is right to 4 %.
 */

const PER_OCTAVE = 16
/** ms. */
const FIRST = 2 ** -11
const BUCKETS = 30 * PER_OCTAVE

export interface TimesTold {
  readonly counts: readonly number[]
  readonly max: number
}

/** ms. */
export interface Percentiles {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

export class Times {
  readonly #counts = new Float64Array(BUCKETS)
  #max = 0

  record(ms: number): void {
    const i = ms <= FIRST ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms / FIRST) * PER_OCTAVE))
    this.#counts[i] = (this.#counts[i] ?? 0) + 1
    if (ms > this.#max) this.#max = ms
  }

  add({ counts, max }: TimesTold): void {
    counts.forEach((count, i) => {
      this.#counts[i] = (this.#counts[i] ?? 0) + count
    })
    this.#max = Math.max(this.#max, max)
  }

  told(): TimesTold {
    return { counts: [...this.#counts], max: this.#max }
  }

  percentiles(): Percentiles {
    return { p50: this.#at(0.5), p99: this.#at(0.99), p999: this.#at(0.999), max: this.#max }
  }

  #at(share: number): number {
    let left = share * this.#counts.reduce((sum, count) => sum + count, 0)
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.#counts[i] ?? 0
      if (left <= 0) return Math.min(this.#max, FIRST * 2 ** (i / PER_OCTAVE))
    }
    return this.#max
  }
}
