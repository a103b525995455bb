/*
 * Keys: where a record lies in Redis.
 *
 *   shop/users:42        larder:v1:shop/users:{42}:d        its record
 *                        larder:v1:shop/users:{42}:l        its lease, in the same slot by the braces
 *   shop/users#=vip      larder:v1:shop/users#{=vip}:d      a mark
 *
 * No two keys have one place, whatever they hold, and no two prefixes have a place in common: `%`, braces and halves of
 * characters are escaped, and a prefix never contains what ends it. What is longer than 200 bytes is replaced by its
 * hash; the record then begins with the text of the key, so that it can still be listed.
 */

import { createHash } from 'node:crypto'

/** The layout. Another one would be another number, and other places. */
const LAYOUT = ':v1:'
const LONGEST = 200

/** What would move the braces, and what UTF-8 cannot say. */
const UNSAFE_EACH = /[%{}]|\p{Surrogate}/gu
const ESCAPED_EACH = /%(?:u([0-9A-F]{4})|([0-9A-F]{2}))/g

/** In the place of a key that is empty: empty braces would not count. Nothing is escaped to this, nor to the other. */
const EMPTY = '%'
const HASHED = '%%'

export class Keys {
  /** All places and channels begin with it. */
  readonly base: string
  /** The path of the last key with its sign, and how its place begins: keys in a row mostly have one path. */
  #head = ''
  #opening: string

  constructor(prefix: string) {
    // Escaped by hand where it would look like the end of a shorter prefix.
    this.base = escaped(prefix).replaceAll(/:v1(?=:|$)/g, ':v%31') + LAYOUT
    this.#opening = `${this.base}{`
  }

  /** Where the record of a key lies. */
  data(key: string): string {
    return `${this.#place(key)}}:d`
  }

  /** Where its lease lies. */
  lease(key: string): string {
    return `${this.#place(key)}}:l`
  }

  /** Where both lie. */
  both(key: string): readonly [data: string, lease: string] {
    const place = this.#place(key)
    return [`${place}}:d`, `${place}}:l`]
  }

  /** A record as it lies there. */
  packed(key: string, record: Uint8Array): Uint8Array {
    return this.#isHashed(key) ? withKey(key, record) : record
  }

  /** The record in what was found. */
  unpacked(key: string, found: Uint8Array): Uint8Array {
    return this.#isHashed(key) ? withoutKey(found) : found
  }

  /** A pattern of SCAN for all places of records that may begin with `beginning`; those that do not are among them. */
  pattern(beginning: string): string {
    const [head] = parted(beginning)
    return head === '' ? `${forScan(this.base)}*:d` : `${forScan(this.base + head)}{*:d`
  }

  /** The key whose record lies at a place; undefined if it is none of ours; 'hashed' if the record has to be asked. */
  keyAt(place: string): { readonly key: string } | 'hashed' | undefined {
    const open = place.indexOf('{', this.base.length)
    if (!place.startsWith(this.base) || open === -1 || !place.endsWith('}:d')) return undefined
    const rest = place.slice(open + 1, -'}:d'.length)
    if (rest.startsWith(HASHED)) return 'hashed'
    const key = unescaped(place.slice(this.base.length, open) + (rest === EMPTY ? '' : rest))
    return this.data(key) === place ? { key } : undefined
  }

  #isHashed(key: string): boolean {
    // No sign takes more than 6 bytes.
    return key.length * 6 > LONGEST && this.#place(key).includes(`{${HASHED}`)
  }

  /** A place but for its end. */
  #place(key: string): string {
    const sign = signIfSafe(key)
    if (sign === UNSAFE) {
      const [head, rest] = parted(key)
      return this.#placeOf(`${this.base}${head}{`, rest)
    }
    const length = sign + 1
    if (length !== this.#head.length || !key.startsWith(this.#head)) {
      this.#head = key.slice(0, length)
      this.#opening = `${this.base}${this.#head}{`
    }
    return this.#placeOf(this.#opening, length === 0 ? key : key.slice(length))
  }

  #placeOf(opening: string, rest: string): string {
    if (rest.length * 3 > LONGEST && Buffer.byteLength(rest) > LONGEST) {
      return `${opening}${HASHED}${createHash('sha256').update(rest).digest('base64url')}`
    }
    return opening + (rest === '' ? EMPTY : rest)
  }
}

/** The path with its sign, and what comes after it; escaped. */
function parted(key: string): readonly [head: string, rest: string] {
  const text = escaped(key)
  const at = signIn(text)
  return [text.slice(0, at + 1), text.slice(at + 1)]
}

const [COLON, HASH, PERCENT, OPEN, CLOSE] = [0x3a, 0x23, 0x25, 0x7b, 0x7d]

/** Where the path ends; -1 if nowhere. */
function signIn(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === COLON || code === HASH) return i
  }
  return -1
}

const UNSAFE = -2

/** The same for a text in which nothing has to be escaped. Asked for every key; a loop is faster than a pattern. */
function signIfSafe(text: string): number {
  let sign = -1
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === COLON || code === HASH) {
      if (sign === -1) sign = i
    } else if (code === PERCENT || code === OPEN || code === CLOSE || (code >= 0xd800 && code <= 0xdfff)) {
      return UNSAFE
    }
  }
  return sign
}

function escaped(text: string): string {
  if (signIfSafe(text) !== UNSAFE) return text
  return text.replaceAll(UNSAFE_EACH, (sign) => {
    const code = sign.charCodeAt(0).toString(16).toUpperCase()
    return code.length === 4 ? `%u${code}` : `%${code}`
  })
}

function unescaped(text: string): string {
  return text.replaceAll(ESCAPED_EACH, (_, half?: string, sign?: string) =>
    String.fromCharCode(Number.parseInt(half ?? sign ?? '', 16)),
  )
}

/** Patterns have four signs with a meaning outside of brackets. */
const forScan = (text: string): string => text.replaceAll(/[*?[\\]/g, String.raw`\$&`)

/*
 * The record of a hashed key: the length of the key in four bytes, the key, the record.
 */

const LENGTH_BYTES = 4

function withKey(key: string, record: Uint8Array): Uint8Array {
  const text = Buffer.from(escaped(key))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(text.length)
  return Buffer.concat([length, text, record])
}

/** Empty, and so believed by nobody, if it is too short to have a key. */
const withoutKey = (found: Uint8Array): Uint8Array => found.subarray(LENGTH_BYTES + keyBytes(found))

/** How long the text of the key is. */
export function keyBytes(found: Uint8Array): number {
  if (found.length < LENGTH_BYTES) return 0
  return Buffer.from(found.buffer, found.byteOffset, LENGTH_BYTES).readUInt32BE()
}

/** Which bytes of a record are the key, for GETRANGE. */
export const keyRange = (length: number): readonly [number, number] => [
  LENGTH_BYTES,
  LENGTH_BYTES + length - 1,
]

export const keyText = (bytes: Uint8Array): string => unescaped(Buffer.from(bytes).toString())
