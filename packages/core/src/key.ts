/*
 * Keys: a text, or an array of parts. Different keys never become the same text.
 *
 * A text is itself, an array is written like JSON, so it begins with `[`. A text that begins with `[` or with the
 * mark `'` gets the mark in front, which keeps the two apart. Object parts are written with sorted names, so that
 * `{ a, b }` and `{ b, a }` are one key.
 */

import { kindOf } from './duration.ts'

/**
 * What a key may be made of: texts, numbers, and lists and objects of them.
 *
 * @example
 * const pageOf = (filter: KeyPart): Key => ['page', filter]
 * await cache.get(pageOf({ team: 7, sort: ['name', 'id'] }))
 */
export type KeyPart =
  | string
  | number
  | boolean
  | bigint
  | null
  | undefined
  | readonly KeyPart[]
  | { readonly [name: string]: KeyPart }

/**
 * `'user:42'`, or `['user', 42, { locale: 'de' }]`.
 *
 * @example
 * const key: Key = ['user', 42, { lang: 'en' }]
 * await cache.set(key, user) // the same as ['user', 42, { lang: 'en' }] made elsewhere
 */
export type Key = string | readonly KeyPart[]

const BRACKET = 0x5b // [
const MARK = 0x27 // '

/**
 * The text under which a key is kept. Throws a TypeError for what is no key.
 *
 * @example
 * keyOf(['user', 42]) === keyOf(['user', 42]) // and no other key has this text
 */
export function keyOf(key: Key): string {
  if (typeof key === 'string' && key.length > 0) {
    const first = key.charCodeAt(0)
    return first === BRACKET || first === MARK ? `'${key}` : key
  }
  if (Array.isArray(key) && key.length > 0) return partOf(key as readonly KeyPart[], 'key')
  const given: unknown = key
  const what = given === '' ? "''" : Array.isArray(given) ? '[]' : kindOf(given)
  const hint = typeof given === 'number' ? `: use ['user', ${given}] or '${given}'` : ''
  throw new TypeError(`a key must be a non-empty text or a non-empty array of parts, not ${what}${hint}`)
}

function partOf(part: KeyPart, where: string): string {
  if (typeof part === 'string') return JSON.stringify(part)
  if (typeof part === 'number') {
    if (Number.isNaN(part)) throw new TypeError(`${where} is NaN, which is no part of a key`)
    return String(part)
  }
  if (typeof part === 'bigint') return `${part}n`
  if (part === null || part === undefined || typeof part === 'boolean') return String(part)
  if (Array.isArray(part)) {
    // Array.from, not map: a hole is a part, too.
    return `[${Array.from(part as readonly KeyPart[], (each, i) => partOf(each, `${where}[${i}]`)).join(',')}]`
  }
  if (!isPlain(part)) {
    throw new TypeError(
      `${where} is ${kindOf(part)}, which is no part of a key: use texts, numbers, booleans, plain objects and arrays (for a Date, its toISOString())`,
    )
  }
  const names = Object.keys(part).sort()
  const record = part as Readonly<Record<string, KeyPart>>
  return `{${names.map((name) => `${JSON.stringify(name)}:${partOf(record[name], `${where}.${name}`)}`).join(',')}}`
}

/** The key that is kept under a text. One with parts that JSON does not know (bigint, undefined, Infinity) stays the text. */
export function keyOfName(name: string): Key {
  const first = name.charCodeAt(0)
  if (first === MARK) return name.slice(1)
  if (first !== BRACKET) return name
  try {
    return JSON.parse(name) as Key
  } catch {
    return name
  }
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
