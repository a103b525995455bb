/*
 * Options in, problems out: everything that is wrong with an options object is found in one pass and said in one
 * TypeError, an unknown name with the nearest right one. Adapters use it for their own options.
 */

import { kindOf, readDuration } from './duration.ts'
import { misuse } from './errors.ts'

/**
 * Says what is wrong with a value ("must be …"), or nothing.
 *
 * @example
 * const isPort: Check = (value) => (Number.isInteger(value) ? undefined : 'must be a port')
 * checkOptions('myStore', options, { port: isPort })
 */
export type Check = (value: unknown) => string | undefined

/**
 * The options that exist, with what each must be.
 *
 * @example
 * const table: OptionTable = { dir: isText, maxEntries: isCount, timeout: isDuration }
 * checkOptions('myStore', options, table) // throws a TypeError that names every mistake
 */
export type OptionTable = Readonly<Record<string, Check>>

/**
 * Throws one TypeError that lists every problem of `given`; `undefined` values count as not given.
 *
 * @example
 * checkOptions('redis', given, { deadline: isDuration, prefix: isText })
 */
export function checkOptions(what: string, given: unknown, table: OptionTable): void {
  const problems = optionProblems(given, table)
  if (problems.length > 0) throw misuse(what, problems)
}

/**
 * Every problem of `given`.
 *
 * @example
 * const problems = optionProblems(given, { folder: isText })
 */
export function optionProblems(given: unknown, table: OptionTable): string[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const [first = ''] = Object.keys(table)
    const such = first === 'ttl' ? "ttl: '5m'" : `${first}: …`
    return [`options must be an object, such as { ${such} }, not ${kindOf(given)}`]
  }
  const problems: string[] = []
  // Only what is said is looked at: this runs with every call that has options of its own.
  for (const name of Object.keys(given)) {
    const value = (given as Record<string, unknown>)[name]
    const check = Object.hasOwn(table, name) ? table[name] : undefined
    const problem =
      check === undefined
        ? unknownName(name, Object.keys(table))
        : value === undefined
          ? undefined
          : check(value)
    if (problem !== undefined) problems.push(check === undefined ? problem : `${name} ${problem}`)
  }
  return problems
}

/** What other libraries call it. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  swr: 'staleWhileRevalidate',
  grace: 'staleIfError',
  maxAge: 'ttl',
  expires: 'ttl',
  stdTTL: 'ttl',
  max: 'maxEntries',
  maxKeys: 'maxEntries',
  maxSize: 'maxBytes',
  keyPrefix: 'prefix',
}
const MEMORY: readonly string[] = ['maxEntries', 'maxBytes', 'maxEntryBytes', 'eviction', 'share']
const OF_CACHES: readonly string[] = ['ttl', 'staleIfError', 'tags']

/** "unknown option 'tll': did you mean 'ttl'?" */
function unknownName(name: string, names: readonly string[]): string {
  const meant = ELSEWHERE[name]
  if (meant !== undefined && names.includes(meant)) return `unknown option '${name}': it is '${meant}' here`
  if (MEMORY.includes(name))
    return `unknown option '${name}': it belongs to the store, as in memory({ ${name} })`
  if (OF_CACHES.includes(name))
    return `unknown option '${name}': it belongs to the cache, as in createCache({ ${name} })`
  const meantOne = nearest(name, names)
  return meantOne === undefined
    ? `unknown option '${name}': there is ${names.join(', ')}`
    : `unknown option '${name}': did you mean '${meantOne}'?`
}

/** The one of `names` that was probably meant. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const [first] = names
    .map((each) => [each, distance(name.toLowerCase(), each.toLowerCase())] as const)
    .sort((a, b) => a[1] - b[1])
  if (first === undefined) return undefined
  return first[1] <= Math.max(2, Math.floor(first[0].length / 3)) ? first[0] : undefined
}

/** How many letters must change to make `a` of `b` (a swap of neighbours counts as one). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (before[j - 2] ?? 0) + 1)
      }
      row.push(best)
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}

/**
 * A check for options: a duration, in ms or as a text with a unit.
 *
 * @example
 * checkOptions('myStore', { timeout: '500ms' }, { timeout: isDuration })
 */
export const isDuration: Check = (value) => {
  const read = readDuration(value)
  return typeof read === 'string' ? read : undefined
}

/**
 * A check for options: a text that is not empty.
 *
 * @example
 * checkOptions('myStore', { dir: 'cache' }, { dir: isText })
 */
export const isText: Check = (value) =>
  typeof value === 'string' && value.length > 0
    ? undefined
    : `must be a non-empty text, not ${value === '' ? "''" : kindOf(value)}`

/**
 * A check for options: a whole number, or Infinity.
 *
 * @example
 * checkOptions('myStore', { maxEntries: 100 }, { maxEntries: isCount })
 */
export const isCount: Check = (value) =>
  typeof value === 'number' && value >= 1 && (Number.isInteger(value) || value === Infinity)
    ? undefined
    : `must be a whole number of at least 1, not ${typeof value === 'number' ? value : kindOf(value)}`

/**
 * A check for options: a function.
 *
 * @example
 * checkOptions('myStore', { onDrop: () => {} }, { onDrop: isFunction })
 */
export const isFunction: Check = (value) => {
  if (typeof value === 'function') return undefined
  const kind = kindOf(value)
  return `must be a function, not ${kind}${kind === 'a promise' ? ': pass () => …' : ''}`
}

export const isObject: Check = (value) =>
  typeof value === 'object' && value !== null ? undefined : `must be an object, not ${kindOf(value)}`

/**
 * One of a few texts.
 *
 * @example
 * const table = { whenFull: isOneOf('refuse', 'evict') }
 */
export function isOneOf(...texts: readonly string[]): Check {
  return (value) =>
    typeof value === 'string' && texts.includes(value)
      ? undefined
      : `must be ${texts.map((each) => `'${each}'`).join(' or ')}, not ${typeof value === 'string' ? `'${value}'` : kindOf(value)}`
}

const SIZES: Readonly<Record<string, number>> = { b: 1, kb: 1_024, mb: 1_048_576, gb: 1_073_741_824 }
const SIZE_FORM = /^(\d+(?:\.\d+)?)(b|kb|mb|gb)$/i

/**
 * `1048576`, `'64kb'`, `'64mb'`, `'1gb'`; kb is 1,024 bytes.
 *
 * @example
 * const maxBytes: ByteSize = '64mb'
 * const store = memory({ maxBytes })
 */
export type ByteSize = number | `${number}${'b' | 'kb' | 'mb' | 'gb'}`

/**
 * The bytes of a size, or what is wrong with it.
 *
 * @example
 * readBytes('64kb') // 65_536
 */
export function readBytes(given: unknown): number | string {
  const [, amount, unit] = typeof given === 'string' ? (SIZE_FORM.exec(given) ?? []) : []
  const bytes =
    typeof given === 'number'
      ? given
      : Math.floor(Number(amount) * (SIZES[(unit ?? '').toLowerCase()] ?? Number.NaN))
  return bytes >= 1
    ? bytes
    : `must be a number of bytes or a text like '64mb', not ${typeof given === 'string' ? `'${given}'` : typeof given === 'number' ? given : kindOf(given)}`
}

/**
 * A check for options: a size, in bytes or as a text with a unit.
 *
 * @example
 * checkOptions('myStore', { maxBytes: '64mb' }, { maxBytes: isBytes })
 */
export const isBytes: Check = (value) => {
  const read = readBytes(value)
  return typeof read === 'string' ? read : undefined
}
