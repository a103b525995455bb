/*
 * Equal in every way that a program can notice: -0 and 0, undefined and absent, holes, the order of names, Buffer and
 * Uint8Array, prototypes.
 */

export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime())
  if (a instanceof URL) return a.href === (b as URL).href
  if (a instanceof Map) return isSame([...a], [...(b as Map<unknown, unknown>)])
  if (a instanceof Set) return isSame([...a], [...(b as Set<unknown>)])
  if (a instanceof Uint8Array) return isSame([...a], [...(b as Uint8Array)])
  const names = Reflect.ownKeys(a)
  const others = Reflect.ownKeys(b)
  return (
    names.length === others.length &&
    names.every((name, i) => name === others[i] && isSame(Reflect.get(a, name), Reflect.get(b, name)))
  )
}

/** A value as a text that tells everything apart which `isSame` does. */
export function shown(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value)
  if (value instanceof Date) return `Date(${value.getTime()})`
  if (value instanceof URL) return `URL(${value.href})`
  if (value instanceof Map)
    return `Map(${[...value].map(([k, v]) => `${shown(k)} => ${shown(v)}`).join(', ')})`
  if (value instanceof Set) return `Set(${[...value].map(shown).join(', ')})`
  if (value instanceof Uint8Array) return `${value.constructor.name}(${[...value].join(' ')})`
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
  const bare = Object.getPrototypeOf(value) === null ? 'bare ' : ''
  const inner = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${shown(each)}`)
  return `${bare}{${inner.join(', ')}}`
}

/** Whether there is nothing in it but plain data and the types of the table. */
export function isHarmless(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false
  if (typeof value !== 'object' || value === null) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  const isKnown = [Object, Array, Date, Map, Set, URL, Uint8Array, Buffer].some(
    (each) => each.prototype === prototype,
  )
  if (prototype !== null && !isKnown) return false
  if (value instanceof Map) return [...value].flat().every(isHarmless)
  if (value instanceof Set) return [...value].every(isHarmless)
  if (value instanceof Uint8Array) return true
  return Reflect.ownKeys(value).every((name) => name !== '__proto__' && isHarmless(Reflect.get(value, name)))
}
