/*
 * What MessagePack a reader may be given: one value of plain data, and nothing behind it. One pass over the bytes that
 * looks at every token and skips what texts and bytes say; a tenth of what reading costs. Refused are extensions
 * (and with them records and references), names that are no texts or `__proto__`, 64-bit integers, single floats,
 * what is cut off, and what is nested too deep. Lengths are not believed: elements must be there.
 */

/** Throws for what is not to be read. */
export function assertPlain(bytes: Uint8Array, deepest: number): void {
  if (skip(bytes, 0, deepest) !== bytes.length) throw new Error('MessagePack: not one value')
}

const PROTO = '__proto__'

/** Where the value at `at` ends. */
function skip(bytes: Uint8Array, at: number, deeper: number): number {
  const token = bytes[at]
  if (token === undefined) throw new Error('MessagePack: cut off')
  const next = at + 1
  if (token < 0x80 || token >= 0xe0) return next
  if (token < 0x90) return skipMap(bytes, next, token & 0x0f, deeper)
  if (token < 0xa0) return skipArray(bytes, next, token & 0x0f, deeper)
  if (token < 0xc0) return within(bytes, next + (token & 0x1f))
  switch (token) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return next
    case 0xc4:
    case 0xd9:
      return within(bytes, next + 1 + sizeAt(bytes, next, 1))
    case 0xc5:
    case 0xda:
      return within(bytes, next + 2 + sizeAt(bytes, next, 2))
    case 0xc6:
    case 0xdb:
      return within(bytes, next + 4 + sizeAt(bytes, next, 4))
    case 0xcc:
    case 0xd0:
      return within(bytes, next + 1)
    case 0xcd:
    case 0xd1:
      return within(bytes, next + 2)
    case 0xce:
    case 0xd2:
      return within(bytes, next + 4)
    case 0xcb:
      return within(bytes, next + 8)
    case 0xdc:
      return skipArray(bytes, next + 2, sizeAt(bytes, next, 2), deeper)
    case 0xdd:
      return skipArray(bytes, next + 4, sizeAt(bytes, next, 4), deeper)
    case 0xde:
      return skipMap(bytes, next + 2, sizeAt(bytes, next, 2), deeper)
    case 0xdf:
      return skipMap(bytes, next + 4, sizeAt(bytes, next, 4), deeper)
    default:
      throw new Error('MessagePack: more than plain data')
  }
}

function skipArray(bytes: Uint8Array, from: number, count: number, deeper: number): number {
  if (deeper < 0) throw new Error('MessagePack: nested too deep')
  let at = from
  for (let i = 0; i < count; i++) at = skip(bytes, at, deeper - 1)
  return at
}

function skipMap(bytes: Uint8Array, from: number, count: number, deeper: number): number {
  if (deeper < 0) throw new Error('MessagePack: nested too deep')
  let at = from
  for (let i = 0; i < count; i++) {
    const token = bytes[at] ?? 0
    const isText = (token >= 0xa0 && token < 0xc0) || (token >= 0xd9 && token <= 0xdb)
    if (!isText) throw new Error('MessagePack: a name that is no text')
    const end = skip(bytes, at, deeper)
    if (endsWithProto(bytes, at, end)) throw new Error('MessagePack: a name __proto__')
    at = skip(bytes, end, deeper - 1)
  }
  return at
}

/** Whether the text that ends at `end` is `__proto__`, however its length is written. */
function endsWithProto(bytes: Uint8Array, at: number, end: number): boolean {
  const start = end - PROTO.length
  if (start <= at || start > at + 5 || bytes[start] !== 0x5f) return false
  for (let i = 0; i < PROTO.length; i++) if (bytes[start + i] !== PROTO.charCodeAt(i)) return false
  return true
}

function sizeAt(bytes: Uint8Array, at: number, width: 1 | 2 | 4): number {
  within(bytes, at + width)
  let size = 0
  for (let i = 0; i < width; i++) size = size * 256 + (bytes[at + i] ?? 0)
  return size
}

function within(bytes: Uint8Array, end: number): number {
  if (end > bytes.length) throw new Error('MessagePack: cut off')
  return end
}
