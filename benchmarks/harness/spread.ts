/*
 * Spreads: the median of many rounds and the quartiles around it.
 *
 * Absolute times of one machine are worth little, and those of a shared one less. What is compared is always the ratio
 * of two candidates within one round, and what is reported is the median of these ratios with its quartiles. A goal
 * that lies between the quartiles is neither reached nor missed: a tie.
 */

export interface Spread {
  readonly q1: number
  readonly median: number
  readonly q3: number
}

export function spreadOf(samples: readonly number[]): Spread {
  const sorted = ascending(samples)
  return { q1: at(sorted, 0.25), median: at(sorted, 0.5), q3: at(sorted, 0.75) }
}

/** What so great a share of the samples stays under. */
export const quantileOf = (samples: readonly number[], share: number): number => at(ascending(samples), share)

const ascending = (samples: readonly number[]): Float64Array => Float64Array.from(samples).sort()

function at(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1)
  const low = sorted[Math.floor(place)] ?? Number.NaN
  const high = sorted[Math.ceil(place)] ?? Number.NaN
  return low + (high - low) * (place - Math.floor(place))
}

/** The spread of `a[i] / b[i]`. */
export const ratioOf = (a: readonly number[], b: readonly number[]): Spread =>
  spreadOf(a.map((each, round) => each / (b[round] ?? Number.NaN)))

export type Verdict = 'reached' | 'tie' | 'missed'

/** Whether `spread` stays under `limit`. */
export function atMost(spread: Spread, limit: number): Verdict {
  if (spread.q3 <= limit) return 'reached'
  return spread.q1 > limit ? 'missed' : 'tie'
}

/** Whether `spread` stays over `limit`. */
export function atLeast(spread: Spread, limit: number): Verdict {
  if (spread.q1 >= limit) return 'reached'
  return spread.q3 < limit ? 'missed' : 'tie'
}
