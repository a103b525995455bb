/*
 * Share: what a memory store does to a value that many will hold.
 *
 *   freeze   plain objects and arrays are frozen all the way down: nobody can change what others will read
 *   clone    everybody gets a copy of his own, at the price of one on every hit
 *   trust    nothing
 *
 * Freezing and measuring are one walk: `sizeUp` does both. The size is an estimate of the heap that a live value
 * takes: a header for each object, and what its parts take. Past `COUNTED` parts the rest is not looked at (a value
 * of that many parts is frozen to its end all the same).
 */

/**
 * How values are kept from being changed by those who read them: frozen, cloned for each, or by trust.
 *
 * @example
 * const share: Share = 'clone' // every reader gets an own copy
 * const store = memory({ share })
 */
export type Share = 'freeze' | 'clone' | 'trust'

const HEADER = 24
const SLOT = 8
const BOXED_NUMBER = 16
const TABLE_ENTRY = 40
const BUFFER = 96

/** Parts of one value that are looked at for its size. */
const COUNTED = 100_000
const FEW = 32

/** The bytes that `value` takes; frozen on the way if `freezing`. */
export function sizeUp(value: unknown, freezing: boolean): number {
  if (typeof value !== 'object' || value === null) return leafSize(value)
  if (!isPlain(value)) {
    const loose: object[] = []
    const size = opaqueSize(value, loose)
    return loose.length === 0 ? size : size + walk(value, [], loose, freezing)
  }
  if (freezing) Object.freeze(value)
  const inner: object[] = []
  const size = HEADER + (Array.isArray(value) ? HEADER : 0) + partsSize(value, inner, true)
  return inner.length === 0 ? size : size + walk(value, inner, [], freezing)
}

/** What the parts of `value` take in it; those that are objects themselves are added to `inner`. */
function partsSize(value: object, inner: object[], isCounting: boolean): number {
  let size = 0
  if (Array.isArray(value)) {
    for (const part of value as readonly unknown[]) {
      if (typeof part === 'object' && part !== null) inner.push(part)
      else if (isCounting) size += leafSize(part)
    }
    return size + SLOT * value.length
  }
  for (const name in value) {
    const part = (value as Record<string, unknown>)[name]
    size += SLOT
    if (typeof part === 'object' && part !== null) inner.push(part)
    else if (isCounting) size += leafSize(part)
  }
  return size
}

/** The objects inside `top`, however they hang together; then those inside Maps and Sets, which stay as they are. */
function walk(top: object, inner: object[], loose: object[], freezing: boolean): number {
  const seen = new Seen(top)
  let size = 0
  for (;;) {
    const held = inner.pop()
    const next = held ?? loose.pop()
    if (next === undefined) return size
    if (!seen.add(next)) continue
    const isCounting = seen.size <= COUNTED
    if (!isPlain(next)) {
      if (isCounting) size += opaqueSize(next, loose)
      continue
    }
    size += HEADER + partsSize(next, held === undefined ? loose : inner, isCounting)
    if (freezing && held !== undefined) Object.freeze(next)
    if (!isCounting && (!freezing || held === undefined)) return size
  }
}

/** Objects that were seen. Most values have a few, and those are found sooner in a list than in a Set. */
class Seen {
  readonly #few: object[]
  #many: Set<object> | undefined

  constructor(first: object) {
    this.#few = [first]
  }

  get size(): number {
    return this.#many?.size ?? this.#few.length
  }

  /** Whether it is a new one. */
  add(one: object): boolean {
    const many = this.#many
    if (many !== undefined) {
      const { size } = many
      return many.add(one).size > size
    }
    if (this.#few.includes(one)) return false
    if (this.#few.push(one) === FEW) this.#many = new Set(this.#few)
    return true
  }
}

function leafSize(value: unknown): number {
  if (typeof value === 'string') return textSize(value)
  if (typeof value === 'number') return Number.isInteger(value) ? 0 : BOXED_NUMBER
  return typeof value === 'bigint' ? HEADER : 0
}

/** One byte a character while all are Latin, two otherwise; judged by eight of them. */
export function textSize(text: string): number {
  const { length } = text
  const step = length <= 8 ? 1 : length >> 3
  for (let i = 0; i < length; i += step) {
    if (text.charCodeAt(i) > 0xff) return 16 + length * 2
  }
  return 16 + length
}

/** What is neither plain object nor array is taken as it is, and shared. The objects in it are added to `loose`. */
function opaqueSize(value: object, loose: object[]): number {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return BUFFER + value.byteLength
  if (value instanceof Map) return tableSize(value.size, [value.keys(), value.values()], loose)
  if (value instanceof Set) return tableSize(value.size, [value], loose)
  return HEADER + SLOT * 4 + SLOT * Object.keys(value).length
}

function tableSize(entries: number, lists: readonly Iterable<unknown>[], loose: object[]): number {
  let size = HEADER * 2 + TABLE_ENTRY * entries
  let left = COUNTED
  for (const list of lists) {
    for (const part of list) {
      if (left-- <= 0) return size
      if (typeof part === 'object' && part !== null) loose.push(part)
      else size += leafSize(part)
    }
  }
  return size
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** What `structuredClone` copies with its class; it makes plain objects of everything else, without a word. */
const COPIED: ReadonlySet<unknown> = new Set<unknown>([
  Object.prototype,
  Array.prototype,
  Date.prototype,
  RegExp.prototype,
  Map.prototype,
  Set.prototype,
  ArrayBuffer.prototype,
  DataView.prototype,
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array].map(
    (each): unknown => each.prototype,
  ),
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array].map((each): unknown => each.prototype),
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
    (each): unknown => each.prototype,
  ),
])

/** What `structuredClone` would alter in a value, in a word; undefined if it copies all of it, or throws itself. */
export function uncopiable(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const seen = new Set<object>()
  const inner: object[] = [value]
  for (let next = inner.pop(); next !== undefined; next = inner.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    const prototype: unknown = Object.getPrototypeOf(next)
    if (prototype === null) return 'an object without a prototype'
    if (!COPIED.has(prototype)) return `an instance of ${nameOf(prototype)}`
    if (next instanceof Error && Object.keys(next).length > 0) return 'an Error with properties of its own'
    if (ArrayBuffer.isView(next)) continue
    const parts: readonly unknown[] =
      next instanceof Map
        ? [...next.keys(), ...next.values()]
        : next instanceof Set
          ? [...next]
          : Object.values(next)
    for (const part of parts) if (typeof part === 'object' && part !== null) inner.push(part)
  }
  return undefined
}

function nameOf(prototype: unknown): string {
  const { constructor } = prototype as { readonly constructor?: unknown }
  return typeof constructor === 'function' ? constructor.name : 'a class'
}
