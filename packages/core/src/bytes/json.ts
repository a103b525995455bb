/*
 * JSON that gives back what it was given. Plain data is plain JSON, read by JSON.parse alone. Where something occurs
 * that JSON would lose or alter, the text begins with `!`, and that is written in forms (forms.ts).
 *
 * What JSON.parse would take and nobody here has written is refused: a name `__proto__`, which is harmless until
 * somebody merges it into another object, and nesting that overflows the stack of whoever walks it next.
 */

import type { Serializer } from './codec.ts'
import { serializerOf } from './forms.ts'
import { bytesOfText, textOfBytes } from './text.ts'

/**
 * The serializer that needs no other package, and that people can read.
 *
 * @example
 * codec({ serializer: json() })
 */
export function json(): Serializer {
  return JSON_SERIALIZER
}

const JSON_SERIALIZER: Serializer = serializerOf({
  id: 1,
  name: 'json',
  marker: 0x21, // !
  keepsBytes: false,
  keepsNumber: (value) => Number.isFinite(value) && !Object.is(value, -0),
  write: (plain, room) => bytesOfText(blank(room) + JSON.stringify(plain)),
  read(bytes, deepest, from) {
    const text = textOfBytes(bytes, from)
    const value: unknown = JSON.parse(text)
    // Two searches cost nothing beside the parsing. Nothing here writes `_` or a letter as an escape.
    const isOdd = text.includes('__proto__') || text.includes('\\u00')
    // A level takes at least two characters.
    if (isOdd || text.length > 2 * deepest) judge(value, deepest, isOdd)
    return value
  },
})

/** Most are as long as the last one. */
let lastBlank = ''

function blank(length: number): string {
  if (lastBlank.length !== length) lastBlank = ' '.repeat(length)
  return lastBlank
}

/** Throws for what is nested deeper than `deepest`; and for a name `__proto__`, if one looks. */
function judge(value: unknown, deepest: number, looks: boolean): void {
  if (typeof value !== 'object' || value === null) return
  if (deepest < 0) throw new Error('nested too deep')
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const each: unknown = value[i]
      if (typeof each === 'object') judge(each, deepest - 1, looks)
    }
    return
  }
  if (looks && Object.hasOwn(value, '__proto__')) throw new Error('a name __proto__')
  const record = value as Readonly<Record<string, unknown>>
  // What JSON.parse has made inherits nothing that is enumerable, unless somebody has polluted Object.prototype.
  for (const name in record) {
    const each = record[name]
    if (typeof each === 'object') judge(each, deepest - 1, looks)
  }
}
