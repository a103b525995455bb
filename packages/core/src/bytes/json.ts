/*
 * JSON that gives back what it was given. Plain data is plain JSON, read by JSON.parse alone. Where something occurs
 * that JSON would lose or alter, the text begins with `!` and those values, and only those, are written as an object
 * with one name:
 *
 *   {"$date":"2026-01-31T…"}  {"$map":[[k,v]]}  {"$set":[v]}  {"$bigint":"12"}  {"$bytes":"base64"}  {"$buffer":"base64"}
 *   {"$url":"https:…"}  {"$number":"NaN"}  {"$undefined":true}      {"$":{…}} an object that itself looks like one of these
 *
 * What is none of these (class instances, functions, symbols, regular expressions, errors, what contains itself) is
 * refused when written. Reading creates plain objects, arrays and the types above, nothing else; `__proto__` is a name
 * like any other.
 */

import { kindOf } from '../duration.ts'
import { valueRefused } from '../errors.ts'
import type { Serializer } from './codec.ts'
import { asBuffer, base64Of, bytesOfBase64, bytesOfText, isBuffer, textOfBytes } from './text.ts'

/** Deeper than anything sensible, and far from the end of the stack. */
const DEEPEST = 500
const RICH = 0x21 // !

/**
 * The serializer that needs no other package, and that people can read.
 *
 * @example
 * codec({ serializer: json() })
 */
export function json(): Serializer {
  return JSON_SERIALIZER
}

const JSON_SERIALIZER: Serializer = {
  id: 1,
  name: 'json',
  serialize: (value) =>
    bytesOfText(isPlainJson(value, 0) ? JSON.stringify(value) : `!${JSON.stringify(tagged(value, 0))}`),
  deserialize: (bytes) =>
    bytes[0] === RICH
      ? untagged(JSON.parse(textOfBytes(bytes.subarray(1))), 0)
      : (JSON.parse(textOfBytes(bytes)) as unknown),
}

/** Whether JSON.stringify and JSON.parse give the value back as it is. Throws for what nothing here does. */
function isPlainJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object':
      break
    case 'undefined':
    case 'bigint':
      return false
    default:
      throw refused(value)
  }
  if (value === null) return true
  if (depth > DEEPEST) throw valueRefused(`it is nested deeper than ${DEEPEST} levels, or contains itself`)
  let isPlain = true
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlainJson(value[i] as unknown, depth + 1)) isPlain = false
    return isPlain
  }
  if (!isRecord(value)) {
    if (isKnown(value)) return false
    throw refused(value)
  }
  for (const name of Object.keys(value)) if (!isPlainJson(value[name], depth + 1)) isPlain = false
  return isPlain
}

function isRecord(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    (prototype === Object.prototype || prototype === null) && Object.getOwnPropertySymbols(value).length === 0
  )
}

function isKnown(value: object): boolean {
  return (
    value instanceof Date ||
    value instanceof Map ||
    value instanceof Set ||
    value instanceof URL ||
    Object.getPrototypeOf(value) === Uint8Array.prototype ||
    isBuffer(value)
  )
}

function refused(value: unknown): Error {
  const name =
    typeof value === 'object' && value !== null
      ? (value.constructor as { name?: string } | undefined)?.name
      : undefined
  const what = name === undefined || name === 'Object' ? kindOf(value) : `an instance of ${name}`
  return valueRefused(`it holds ${what}, which would not come back as it was; keep plain data`)
}

function tagged(value: unknown, depth: number): unknown {
  if (value === undefined) return { $undefined: true }
  if (typeof value === 'bigint') return { $bigint: String(value) }
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? '-0' : String(value) }
  }
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEEPEST) throw valueRefused(`it is nested deeper than ${DEEPEST} levels, or contains itself`)
  const inner = (each: unknown): unknown => tagged(each, depth + 1)
  if (Array.isArray(value)) return Array.from(value, inner)
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() }
  if (value instanceof Map)
    return { $map: Array.from(value as Map<unknown, unknown>, ([k, v]) => [inner(k), inner(v)]) }
  if (value instanceof Set) return { $set: Array.from(value as Set<unknown>, inner) }
  if (value instanceof URL) return { $url: value.href }
  if (isBuffer(value)) return { $buffer: base64Of(value as Uint8Array) }
  if (value instanceof Uint8Array) return { $bytes: base64Of(value) }
  const record = value as Record<string, unknown>
  if ('toJSON' in record && typeof record['toJSON'] === 'function') throw refused(value)
  const names = Object.keys(record)
  const copy = Object.fromEntries(names.map((name) => [name, inner(record[name])]))
  return names.length === 1 && names[0]?.startsWith('$') === true ? { $: copy } : copy
}

function untagged(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEEPEST * 2 + 2) throw new Error('nested too deep')
  const inner = (each: unknown): unknown => untagged(each, depth + 1)
  if (Array.isArray(value)) return value.map(inner)
  const names = Object.keys(value)
  const [name] = names
  if (names.length !== 1 || name === undefined || !name.startsWith('$')) return copyOf(value, inner)
  const content = (value as Record<string, unknown>)[name]
  switch (name) {
    case '$undefined':
      return undefined
    case '$number':
      return numberOf(content)
    case '$bigint':
      return BigInt(textIn(content))
    case '$date':
      return new Date(content === null ? Number.NaN : textIn(content))
    case '$map':
      return new Map(
        listIn(content).map((pair): [unknown, unknown] => [inner(listIn(pair)[0]), inner(listIn(pair)[1])]),
      )
    case '$set':
      return new Set(listIn(content).map(inner))
    case '$url':
      return new URL(textIn(content))
    case '$bytes':
      return bytesOfBase64(textIn(content))
    case '$buffer':
      return asBuffer(bytesOfBase64(textIn(content)))
    case '$':
      if (typeof content !== 'object' || content === null) break
      return copyOf(content, inner)
    default:
  }
  throw new Error(`unknown form ${name}`)
}

/** Object.fromEntries defines names, it does not assign them: `__proto__` stays a name. */
function copyOf(value: object, inner: (each: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inner(each)]))
}

function textIn(content: unknown): string {
  if (typeof content !== 'string') throw new Error('a text was expected')
  return content
}

function listIn(content: unknown): readonly unknown[] {
  if (!Array.isArray(content)) throw new Error('a list was expected')
  return content as readonly unknown[]
}

function numberOf(content: unknown): number {
  const known: Readonly<Record<string, number>> = {
    NaN: Number.NaN,
    Infinity,
    '-Infinity': -Infinity,
    '-0': -0,
  }
  const number = known[textIn(content)]
  if (number === undefined) throw new Error('an odd number')
  return number
}
