/*
 * Durations: a number of milliseconds, or a number with a unit. Nothing else, so that seconds and milliseconds
 * cannot be confused: '30' is refused, 30 is 30 ms.
 */

/**
 * `250` (ms), `'250ms'`, `'10s'`, `'5m'`, `'2h'`, `'7d'`, or `Infinity`: for ever.
 *
 * @example
 * const ttl: Duration = '90s' // or 90_000
 * await cache.set('key', 'value', { ttl })
 */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const FORM = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/

/** The milliseconds of a duration, or what is wrong with it. */
export function readDuration(given: unknown): number | string {
  if (typeof given === 'number') {
    return given > 0 ? given : `must be more than 0 ms, not ${given} (Infinity is for ever)`
  }
  if (typeof given !== 'string') return `must be a number of ms or a text like '5m', not ${kindOf(given)}`
  const [, amount, unit] = FORM.exec(given) ?? []
  if (amount === undefined || unit === undefined) {
    return `must be a number of ms or a text like '250ms', '10s', '5m', '2h', '7d', not '${given}'`
  }
  const ms = Number(amount) * (UNITS[unit] ?? Number.NaN)
  return ms > 0 ? ms : `must be more than 0, not '${given}'`
}

/**
 * The milliseconds of a duration. Throws a TypeError that names it.
 *
 * @example
 * durationOf('5m', 'ttl') // 300_000
 */
export function durationOf(given: Duration, name: string): number {
  const read = readDuration(given)
  if (typeof read === 'string') throw new TypeError(`${name} ${read}`)
  return read
}

/** What a value is, in a word, for messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return kindOfObject(value)
  if (typeof value === 'undefined') return 'undefined'
  return `a ${typeof value}`
}

function kindOfObject(value: object): string {
  if ('then' in value) return 'a promise'
  const { constructor } = value
  if (constructor === Object || typeof constructor !== 'function') return 'an object'
  return `${/^[AEIO]/.test(constructor.name) ? 'an' : 'a'} ${constructor.name}`
}
