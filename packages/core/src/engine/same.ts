/*
 * Same: whether two values are the same to anybody who reads them, however they are made.
 */

/** Equal in content. Classes that are not looked into count by identity. */
export function isSame(a: unknown, b: unknown): boolean {
  return same(a, b, new Map())
}

/** `pairs`: what is being compared further out, so that a circle ends. */
function same(a: unknown, b: unknown, pairs: Map<object, object>): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (pairs.get(a) === b) return true
  pairs.set(a, b)
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime())
  if (a instanceof RegExp) return a.toString() === (b as RegExp).toString()
  if (a instanceof URL) return a.href === (b as URL).href
  if (ArrayBuffer.isView(a)) return sameBytes(a, b as ArrayBufferView)
  if (a instanceof ArrayBuffer) return sameBytes(new Uint8Array(a), new Uint8Array(b as ArrayBuffer))
  if (a instanceof Map) return sameLists([...a], [...(b as Map<unknown, unknown>)], pairs)
  if (a instanceof Set) return sameLists([...a], [...(b as Set<unknown>)], pairs)
  if (Array.isArray(a)) return sameLists(a, b as unknown[], pairs)
  const names = namesIn(a)
  return (
    names.length === namesIn(b).length &&
    names.every((name) => Object.hasOwn(b, name) && same(Reflect.get(a, name), Reflect.get(b, name), pairs))
  )
}

/** A name without a value is as good as none. */
const namesIn = (value: object): string[] =>
  Object.keys(value).filter((name) => Reflect.get(value, name) !== undefined)

const sameLists = (a: readonly unknown[], b: readonly unknown[], pairs: Map<object, object>): boolean =>
  a.length === b.length && a.every((each, i) => same(each, b[i], pairs))

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.byteLength !== b.byteLength) return false
  const [some, more] = [a, b].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  )
  return some?.every((byte, i) => byte === more?.[i]) === true
}
