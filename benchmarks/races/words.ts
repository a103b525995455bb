/*
 * What was seen, in a few words.
 */
import type { Cell, PartSeen } from './play.ts'
import type { Observed } from './scenario.ts'

const written = (ms: number): string => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0))

function median(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}

function times(trials: readonly Observed[]): string {
  const sorted = trials.flatMap(({ ms }) => (ms === undefined ? [] : [ms])).sort((a, b) => a - b)
  const worst = sorted.at(-1)
  if (worst === undefined) return ''
  const [middle, most] = [written(median(sorted)), written(worst)]
  return middle === most ? ` ${middle} ms` : ` ${middle} ms, at worst ${most} ms`
}

/** `old value back 20/20`, `stale 212 ms, at worst 260 ms`, `correct`. */
export function wordsOf(trials: readonly Observed[]): string {
  const kinds = [...new Set(trials.map(({ says }) => says))]
  return kinds
    .map((says) => {
      const those = trials.filter((each) => each.says === says)
      const isAll = those.length === trials.length
      const [first] = those
      const count = isAll && first?.isGood === true ? '' : ` ${those.length}/${trials.length}`
      return `${says}${times(those)}${count}`
    })
    .join('; ')
}

const isGood = ({ trials }: PartSeen): boolean => trials.every((each) => each.isGood)

export function cellOf({ lacks, parts }: Cell): string {
  if (lacks !== undefined) return `– (${lacks})`
  return parts
    .map((part) => {
      const words = wordsOf(part.trials)
      const marked = isGood(part) ? words : `**${words}**`
      return part.name === '' ? marked : `${part.name}: ${marked}`
    })
    .join('<br>')
}
