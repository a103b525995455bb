/*
 * Keys as a place can keep them.
 *
 * Two things that some place somewhere alters or refuses are written as % and four digits: NUL, and halves of surrogate
 * pairs, which have no UTF-8; and % itself, so that no two keys become one. The rest stays readable.
 *
 * A key longer than the place takes keeps its beginning and ends in `~` and a SHA-256 of it all. It can be read, written
 * and cleared by its beginning, but not listed. Should two keys ever meet, the frame of the record tells them apart.
 */

import { createHash } from 'node:crypto'

const UNFIT = /[\0%\p{Surrogate}]/gu
const ESCAPED = /%([0-9a-f]{4})/g
const SHORTENED = /~[0-9a-f]{64}$/
const TAIL = 65

export function placeKey(key: string, maxBytes: number): string {
  const escaped = key.replace(UNFIT, (sign) => `%${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
  // No character takes more than 3 bytes for each of its units.
  if (escaped.length * 3 <= maxBytes || Buffer.byteLength(escaped) <= maxBytes) return escaped
  return `${beginning(escaped, maxBytes - TAIL)}~${createHash('sha256').update(escaped).digest('hex')}`
}

/** Whole characters of `text` that fit into `bytes`. */
function beginning(text: string, bytes: number): string {
  const cut = new TextEncoder().encode(text).subarray(0, bytes)
  return new TextDecoder().decode(cut).replace(/\uFFFD+$/, '')
}

/** The key that is written like this, as far as it can be told. */
export function keyIn(written: string): string {
  return written.replace(ESCAPED, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}

export const isShortened = (written: string, maxBytes: number): boolean =>
  SHORTENED.test(written) &&
  Buffer.byteLength(written) > maxBytes - 4 &&
  Buffer.byteLength(written) <= maxBytes

/** The beginning that a shortened key has kept. */
export const keptBeginning = (written: string): string => keyIn(written.slice(0, -TAIL))
