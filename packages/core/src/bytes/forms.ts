/*
 * Forms: how values that a format lacks are written in it, so that every serializer keeps the same values and refuses
 * the same ones. What the format keeps by itself is written as it is. Where something else occurs, the bytes begin
 * with a marker, and those values, and only those, become an object with one name:
 *
 *   {"$date":"2026-01-31T…"}  {"$map":[[k,v]]}  {"$set":[v]}  {"$bigint":"12"}  {"$bytes":"base64"}  {"$buffer":"base64"}
 *   {"$url":"https:…"}  {"$number":"NaN"}  {"$undefined":true}
 *   {"$":{…}}              an object that itself looks like one of these
 *   {"$bare":[[name,v]]}   an object without a prototype
 *   {"$text":[97,55296]}   a text with half a surrogate pair, where the format has UTF-8 only
 *   {"$names":[[name,v]]}  an object with such texts for names
 *
 * What is none of these is refused when written, with the way to it: class instances (also of Error and RegExp),
 * functions, symbols, holes, `__proto__` as a name, what is nested too deep or contains itself. Reading creates plain
 * objects, arrays and the types above, nothing else, and takes no form that is not exactly as it is written here.
 */

import { kindOf } from '../duration.ts'
import { type CacheError, isCacheError, valueRefused } from '../errors.ts'
import type { Serializer } from './codec.ts'
import { asBuffer, base64Of, bufferPrototype, bytesOfBase64, isPlainBytes } from './text.ts'

/** Deeper than anything sensible, and far from the end of the stack. */
const DEEPEST = 500
/** A level of a value takes at most four where it is written in forms: {"$map":[[k,v]]} */
const DEEPEST_IN_FORMS = 4 * (DEEPEST + 1)

/**
 * A format for plain data: null, booleans, numbers, texts, arrays, objects; perhaps with gaps, perhaps with bytes.
 *
 * @example
 * const text = new TextEncoder()
 * const notation: Notation = {
 *   id: 200,
 *   name: 'my json',
 *   marker: 0x5b,
 *   keepsBytes: false,
 *   keepsNumber: Number.isFinite,
 *   write: (plain) => text.encode(JSON.stringify(plain)),
 *   read: (bytes, _, from) => JSON.parse(new TextDecoder().decode(bytes.subarray(from))),
 * }
 */
export interface Notation {
  /** 1 to 7, as in `Serializer`. */
  readonly id: number
  readonly name: string
  /** The first byte of what holds forms. Nothing that `write` makes begins with it. */
  readonly marker: number
  /** Whether Uint8Arrays are kept. */
  readonly keepsBytes: boolean
  /** Whether this number comes back as it is. */
  readonly keepsNumber: (value: number) => boolean
  /** Whether this text comes back as it is. Left out: all do. */
  readonly keepsText?: (value: string) => boolean
  /** Leaves `room` bytes free at the beginning, up to 255. */
  readonly write: (plain: unknown, room: number) => Uint8Array
  /** What begins at `from`. Throws on what is deeper than `deepest`, has a name `__proto__`, or holds anything but plain data. */
  readonly read: (bytes: Uint8Array, deepest: number, from: number) => unknown
}

/**
 * A serializer by a format for plain data: dates, maps, sets and the rest of the table are added to it.
 *
 * @example
 * const cbor = serializerOf({ ...notation, id: 200, name: 'cbor', marker: 0xff })
 */
export function serializerOf(notation: Notation): Serializer {
  const { id, name, marker } = notation
  const serializeBehind = (room: number, value: unknown): Uint8Array => {
    if (value === undefined) throw valueRefused('it is undefined, which stands for a miss')
    try {
      if (isPlain(value, 0, notation)) return notation.write(value, room)
      const bytes = notation.write(formOf(value, notation), room + 1)
      bytes[room] = marker
      return bytes
    } catch (error) {
      throw asRefusal(error, value)
    }
  }
  const deserializeFrom = (bytes: Uint8Array, from: number): unknown =>
    bytes[from] === marker
      ? valueOf(notation.read(bytes, DEEPEST_IN_FORMS, from + 1), 0)
      : notation.read(bytes, DEEPEST, from)
  return {
    id,
    name,
    serialize: (value) => serializeBehind(0, value),
    deserialize: (bytes) => deserializeFrom(bytes, 0),
    serializeBehind,
    deserializeFrom,
  }
}

/** Why a value is refused, and which part of it. */
class Refused extends Error {
  readonly why: string
  readonly part: unknown

  constructor(why: string, part: unknown) {
    super(why)
    this.why = why
    this.part = part
  }
}

function asRefusal(error: unknown, value: unknown): CacheError {
  if (isCacheError(error, 'VALUE_REFUSED')) return error
  if (!(error instanceof Refused)) return valueRefused('it cannot be read or written', error)
  const way = error.part === TOO_DEEP ? undefined : wayTo(error.part, value, '', 0)
  return valueRefused(way === undefined || way === '' ? error.why : `${error.why} (at ${way})`)
}

const TOO_DEEP = Symbol('nested too deep')

const tooDeep = (): Refused =>
  new Refused(`it is nested deeper than ${DEEPEST} levels, or contains itself`, TOO_DEEP)

function alien(value: unknown): Refused {
  const constructor: unknown =
    typeof value === 'object' && value !== null
      ? (Object.getPrototypeOf(value) as { constructor?: unknown } | null)?.constructor
      : undefined
  const name = typeof constructor === 'function' && constructor.name !== 'Object' ? constructor.name : ''
  const what = name === '' ? kindOf(value) : `an instance of ${name}`
  return new Refused(`it holds ${what}, which would not come back as it was; keep plain data`, value)
}

/** Only asked when something has been refused, so that writing need not remember the way. */
function wayTo(part: unknown, value: unknown, way: string, depth: number): string | undefined {
  if (Object.is(value, part)) return way
  if (typeof value !== 'object' || value === null || depth > DEEPEST || way.length > 200) return undefined
  const steps: readonly (readonly [step: string, inner: unknown])[] =
    value instanceof Map
      ? [...value].flatMap(([k, v], i) => [[`.keys()[${i}]`, k] as const, [`.values()[${i}]`, v] as const])
      : value instanceof Set
        ? [...value].map((each, i) => [`.values()[${i}]`, each] as const)
        : Object.entries(value).map(([name, each]) => [
            Array.isArray(value) ? `[${name}]` : `.${name}`,
            each as unknown,
          ])
  for (const [step, inner] of steps) {
    const found = wayTo(part, inner, way + step, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether the format gives the value back as it is. Throws for what nothing here does. */
function isPlain(value: unknown, depth: number, notation: Notation): boolean {
  switch (typeof value) {
    case 'string':
      return notation.keepsText === undefined || notation.keepsText(value)
    case 'boolean':
      return true
    case 'number':
      return notation.keepsNumber(value)
    case 'object':
      break
    case 'undefined':
    case 'bigint':
      return false
    default:
      throw alien(value)
  }
  if (value === null) return true
  if (depth > DEEPEST) throw tooDeep()
  // To the end, even when it is known not to be plain: something inside may have to be refused.
  let plain = true
  if (isList(value)) {
    for (let i = 0; i < value.length; i++) {
      const each = value[i]
      if (each === undefined && !(i in value)) throw new Refused('it holds an array with holes', value)
      if (!isPlain(each, depth + 1, notation)) plain = false
    }
    return plain
  }
  if (!isRecord(value)) {
    if (!isKnown(value)) throw alien(value)
    if (value instanceof Map || value instanceof Set) judgeInside(value, depth + 1, notation)
    return notation.keepsBytes && isPlainBytes(value)
  }
  for (const name of Object.keys(value)) {
    if (name === '__proto__') throw new Refused('it holds the name __proto__', value)
    if (notation.keepsText !== undefined && !notation.keepsText(name)) plain = false
    if (!isPlain(value[name], depth + 1, notation)) plain = false
  }
  return plain && Object.getPrototypeOf(value) !== null
}

/** A map or set is never plain, but what is in it may have to be refused. */
function judgeInside(inside: Map<unknown, unknown> | Set<unknown>, depth: number, notation: Notation): void {
  for (const [key, value] of inside.entries()) {
    isPlain(key, depth, notation)
    if (value !== key) isPlain(value, depth, notation)
  }
}

/** An array as such, with elements and nothing else. (Its other names cannot be seen without listing all; what regular expressions match is the one that occurs.) */
function isList(value: object): value is unknown[] {
  if (!Array.isArray(value)) return false
  if (Object.getPrototypeOf(value) !== Array.prototype || Object.hasOwn(value, 'index')) throw alien(value)
  return true
}

/** A plain object of this realm or of another (a test runner's, an iframe's), without symbols. */
function isRecord(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype !== null && prototype !== Object.prototype) {
    if (Object.getPrototypeOf(prototype) !== null || !Object.hasOwn(prototype, 'isPrototypeOf')) return false
  }
  return Object.getOwnPropertySymbols(value).length === 0
}

const KNOWN: ReadonlySet<unknown> = new Set(
  [Date, Map, Set, URL, Uint8Array].map((each) => each.prototype as unknown).concat(bufferPrototype ?? []),
)

const isKnown = (value: object): boolean => KNOWN.has(Object.getPrototypeOf(value))

/** The value with forms where they are needed. `isPlain` has found that nothing in it is to be refused. */
function formOf(value: unknown, notation: Notation): unknown {
  if (value === undefined) return { $undefined: true }
  if (typeof value === 'bigint') return { $bigint: String(value) }
  if (typeof value === 'number') {
    if (notation.keepsNumber(value)) return value
    return { $number: Object.is(value, -0) ? '-0' : String(value) }
  }
  if (typeof value === 'string') {
    if (notation.keepsText === undefined || notation.keepsText(value)) return value
    return { $text: Array.from({ length: value.length }, (_, i) => value.charCodeAt(i)) }
  }
  if (typeof value !== 'object' || value === null) return value
  const inner = (each: unknown): unknown => formOf(each, notation)
  if (Array.isArray(value)) return (value as unknown[]).map(inner)
  if (!isKnown(value)) return formOfRecord(value as Readonly<Record<string, unknown>>, inner, notation)
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() }
  if (value instanceof Map)
    return { $map: Array.from(value as Map<unknown, unknown>, ([k, v]) => [inner(k), inner(v)]) }
  if (value instanceof Set) return { $set: Array.from(value as Set<unknown>, inner) }
  if (value instanceof URL) return { $url: value.href }
  const bytes = value as Uint8Array
  const isPlainOnes = isPlainBytes(bytes)
  if (notation.keepsBytes) return isPlainOnes ? bytes : { $buffer: bytes }
  return isPlainOnes ? { $bytes: base64Of(bytes) } : { $buffer: base64Of(bytes) }
}

function formOfRecord(
  record: Readonly<Record<string, unknown>>,
  inner: (each: unknown) => unknown,
  { keepsText }: Notation,
): unknown {
  const names = Object.keys(record)
  const pairs = (): unknown[] => names.map((name) => [inner(name), inner(record[name])])
  if (Object.getPrototypeOf(record) === null) return { $bare: pairs() }
  if (keepsText !== undefined && !names.every(keepsText)) return { $names: pairs() }
  const copy: Record<string, unknown> = {}
  for (const name of names) copy[name] = inner(record[name])
  return names.length === 1 && names[0]?.startsWith('$') === true ? { $: copy } : copy
}

/** What `formOf` has made a form of. Works in place: what has just been read belongs to nobody else. */
function valueOf(form: unknown, depth: number): unknown {
  if (typeof form !== 'object' || form === null || isPlainBytes(form)) return form
  if (depth > DEEPEST) throw tooDeep()
  const inner = (each: unknown): unknown => valueOf(each, depth + 1)
  if (Array.isArray(form)) {
    const list = form as unknown[]
    for (let i = 0; i < list.length; i++) list[i] = inner(list[i])
    return list
  }
  const record = form as Record<string, unknown>
  const name = onlyNameOf(record)
  if (name === undefined || !name.startsWith('$')) return recordOf(record, inner)
  const content = record[name]
  switch (name) {
    case '$undefined':
      return content === true ? undefined : odd(name)
    case '$number':
      return NUMBERS.get(content) ?? odd(name)
    case '$bigint':
      return typeof content === 'string' && /^-?\d+$/.test(content) ? BigInt(content) : odd(name)
    case '$text':
      return listIn(content, name).map(unitIn).join('')
    case '$date':
      return dateOf(content)
    case '$url':
      return urlOf(content)
    case '$bytes':
      return bytesIn(content, name)
    case '$buffer':
      return asBuffer(bytesIn(content, name))
    case '$map':
      return new Map(listIn(content, name).map((pair) => pairIn(pair, name, inner)))
    case '$set':
      return new Set(listIn(content, name).map(inner))
    case '$names':
      return named({}, content, inner)
    case '$bare':
      return named(Object.create(null) as Record<string, unknown>, content, inner)
    case '$':
      if (typeof content !== 'object' || content === null || Array.isArray(content)) return odd(name)
      return recordOf(content as Record<string, unknown>, inner)
    default:
      return odd(name)
  }
}

function onlyNameOf(record: Readonly<Record<string, unknown>>): string | undefined {
  const names = Object.keys(record)
  return names.length === 1 ? names[0] : undefined
}

function recordOf(
  record: Record<string, unknown>,
  inner: (each: unknown) => unknown,
): Record<string, unknown> {
  for (const name of Object.keys(record)) record[name] = inner(record[name])
  return record
}

/** Nothing here is called `__proto__`, so that assigning a name cannot be anything else. */
function named(
  record: Record<string, unknown>,
  content: unknown,
  inner: (each: unknown) => unknown,
): Record<string, unknown> {
  for (const pair of listIn(content, 'names')) {
    const [name, value] = pairIn(pair, 'names', inner)
    if (typeof name !== 'string' || name === '__proto__') return odd('names')
    record[name] = value
  }
  return record
}

const NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
])

function unitIn(unit: unknown): string {
  return Number.isInteger(unit) ? String.fromCharCode(Number(unit)) : odd('$text')
}

function dateOf(content: unknown): Date {
  if (content === null) return new Date(Number.NaN)
  const date = new Date(typeof content === 'string' ? content : Number.NaN)
  return date.toISOString() === content ? date : odd('$date')
}

function urlOf(content: unknown): URL {
  const url = new URL(String(content))
  return url.href === content ? url : odd('$url')
}

function bytesIn(content: unknown, name: string): Uint8Array {
  if (isPlainBytes(content)) return content
  if (typeof content !== 'string') return odd(name)
  const bytes = bytesOfBase64(content)
  return base64Of(bytes) === content ? bytes : odd(name)
}

function listIn(content: unknown, name: string): readonly unknown[] {
  return Array.isArray(content) ? (content as readonly unknown[]) : odd(name)
}

function pairIn(pair: unknown, name: string, inner: (each: unknown) => unknown): [unknown, unknown] {
  const both = listIn(pair, name)
  return both.length === 2 ? [inner(both[0]), inner(both[1])] : odd(name)
}

function odd(name: string): never {
  throw new Error(`not a form: ${name}`)
}
