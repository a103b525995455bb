/*
 * Keys as a place can keep them.
 *
 * Two things that some place somewhere alters or refuses are written as % and four digits: NUL, and halves of surrogate
 * pairs, which have no UTF-8; and % itself, so that no two keys become one. So is the first sign of a key that begins with
 * the namespace of the place: some take that part for a prefix of their own making, and drop it. The rest stays readable.
 *
 * A key longer than the place takes keeps its beginning and ends in `~` and a SHA-256 of it all. It can be read, written
 * and cleared by its beginning, but not listed. Should two keys ever meet, the frame of the record tells them apart.
 */

import { createHash } from 'node:crypto'

const UNFIT = /[\0%\p{Surrogate}]/gu
const ESCAPED = /%([0-9a-f]{4})/g
const SHORTENED = /~[0-9a-f]{64}$/
const TAIL = 65

/** `reserved` is the beginning that no key may have; none if empty. */
export function placeKey(key: string, maxBytes: number, reserved: string): string {
  const fit = key.replace(UNFIT, escaped)
  const own = reserved !== '' && fit.startsWith(reserved) ? escaped(fit.charAt(0)) + fit.slice(1) : fit
  // No character takes more than 3 bytes for each of its units.
  if (own.length * 3 <= maxBytes || Buffer.byteLength(own) <= maxBytes) return own
  return `${beginning(own, maxBytes - TAIL)}~${createHash('sha256').update(own).digest('hex')}`
}

const escaped = (sign: string): string => `%${sign.charCodeAt(0).toString(16).padStart(4, '0')}`

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
