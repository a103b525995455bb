/* Figures as people read them: with their unit, with as many digits as they deserve, and with their quartiles. */
import type { Result, Row } from './result.ts'
import type { Spread } from './spread.ts'

/** With a word where it cannot be told from the baseline: what lies inside the spread is no difference. */
export function ratioOf({ name, ratio }: Row, baseline: string): string {
  const isTie = name !== baseline && ratio.q1 <= 1 && ratio.q3 >= 1
  return `${written(ratio, '×')}${isTie ? ', a tie' : ''}`
}

/** What a goal is about: a ratio of times, or what is counted itself. */
export const unitOfGoals = (unit: Result['unit']): string => (unit === 'ns' ? '×' : unit)

export function written({ q1, median, q3 }: Spread, unitOfAll: string): string {
  const { unit, by, digits } = scaleOf(median, unitOfAll)
  const [low, middle, high] = [q1, median, q3].map((each) => (each / by).toFixed(digits))
  return `${middle}${unit === '' ? '' : ` ${unit}`} (${low}–${high})`
}

/** The median alone. */
export function middleOf(median: number, unitOfAll: string): string {
  const { unit, by, digits } = scaleOf(median, unitOfAll)
  const text = (median / by).toFixed(digits)
  return unit === '' ? text : `${text} ${unit}`
}

interface Scale {
  readonly unit: string
  readonly by: number
  readonly digits: number
}

const LARGER: Readonly<Record<string, string>> = { ns: 'µs', µs: 'ms', ms: 's' }

function scaleOf(median: number, unit: string, by = 1): Scale {
  const larger = LARGER[unit]
  if (larger !== undefined && median / by >= 10_000) return scaleOf(median, larger, by * 1_000)
  const hasTenths = median / by < 10 && unit !== 'loads' && unit !== ''
  return { unit, by, digits: unit === '×' || unit === '%' ? 2 : hasTenths ? 1 : 0 }
}
