/*
 * Sealed: AES-256-GCM, so that only holders of a key can read a record, or make one. A sealed payload is
 *
 *   0  1  length of the key id          then  24  nonce
 *   1  n  key id, in ASCII                     …  ciphertext, as long as the payload
 *                                             16  tag
 *
 * and the tag also covers the length and the id, the head of the frame, and namespace and key. So a record that was
 * moved to another key, or whose times or tags were changed, is not authentic. An older record of the same key is:
 * whoever can write to the store can bring it back until its time has passed.
 *
 * The nonce. GCM breaks when one is used twice with a key, and 96 random bits are too few for that: NIST allows 2^32
 * messages in the life of a key, which a fleet of caches uses up in days. A counter would have to be shared, or survive
 * restarts, forks and restored snapshots. So this is XAES-256-GCM (c2sp.org/XAES-256-GCM): of 192 random bits, drawn
 * for each record, the first half derives a key for this record from the long-lived one (CMAC, as in NIST SP 800-108),
 * the second half is the nonce under it. After 2^80 records the chance that two ever shared both is 2^-32. There is no
 * state: nothing to count, nothing to share, nothing that a snapshot could repeat, and no limit to watch.
 *
 * Key material is held by KeyObjects in closures: no error, inspection or JSON shows it.
 */

import { randomFillSync } from 'node:crypto'
import { checkOptions, type Sealer } from '@larder/core'
import { KEY_BYTES, NONCE_BYTES, TAG_BYTES, type XaesKey, xaesKey, xaesOpen, xaesSeal } from './xaes.ts'

/** Short enough that no key, by mistake in the place of its id, can pass for one. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,15}$/
const HEX = /^[0-9a-f]{64}$/i
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/

/**
 * What `sealed` takes: the keys by their ids, and which of them writes.
 *
 * @example
 * const options: SealedOptions = { keys: { k2: newKey, k1: oldKey }, current: 'k2' } // reads both, writes with k2
 * const secret = codec({ sealer: sealed(options) })
 */
export interface SealedOptions {
  /** By id: 1 to 16 letters, digits, `.`, `_`, `-`. Each is 32 bytes, or these as hex or base64. */
  readonly keys: Readonly<Record<string, Uint8Array | string>>
  /** The id of the key that new records are sealed with. The others are for reading. */
  readonly current: string
}

interface Keyed {
  readonly key: XaesKey
  /** What a payload begins with: the length of the id, and the id. */
  readonly label: Uint8Array
}

/**
 * Seals records, so that whoever reads the store learns nothing, and whoever writes it forges nothing.
 *
 * To rotate: add the new key everywhere, then make it `current` everywhere, then drop the old one when its last record
 * has died. A record of a key that is not there is a miss ('unknown-key-id').
 *
 * @example
 * codec({ sealer: sealed({ keys: { k1: process.env['CACHE_KEY'] ?? '' }, current: 'k1' }) })
 */
export function sealed(options: SealedOptions): Sealer {
  checkOptions('sealed', options, { keys: isKeyring, current: isText })
  const ring = new Map(Object.entries(options.keys).map(([id, key]) => [id, keyed(id, key)]))
  const current = ring.get(options.current)
  if (current === undefined) throw new TypeError('sealed: current must be the id of one of the keys')
  return {
    name: 'sealed',
    seal: (payload, bound) => seal(payload, bound, current),
    open: (bytes, bound) => open(bytes, bound, ring),
  }
}

function seal(
  payload: Uint8Array,
  bound: readonly Uint8Array[],
  { key, label }: Keyed,
): readonly Uint8Array[] {
  const nonce = randomFillSync(new Uint8Array(NONCE_BYTES))
  return [label, nonce, ...xaesSeal(key, nonce, payload, Buffer.concat([label, ...bound]))]
}

function open(
  bytes: Uint8Array,
  bound: readonly Uint8Array[],
  ring: ReadonlyMap<string, Keyed>,
): Uint8Array | 'unknown-key-id' | 'not-authentic' {
  const nonceAt = 1 + (bytes[0] ?? 0)
  const textAt = nonceAt + NONCE_BYTES
  const tagAt = bytes.length - TAG_BYTES
  if (tagAt < textAt) return 'not-authentic'
  const by = ring.get(String.fromCharCode(...bytes.subarray(1, nonceAt)))
  if (by === undefined) return 'unknown-key-id'
  const payload = xaesOpen(
    by.key,
    bytes.subarray(nonceAt, textAt),
    bytes.subarray(textAt, tagAt),
    bytes.subarray(tagAt),
    Buffer.concat([by.label, ...bound]),
  )
  return payload ?? 'not-authentic'
}

function keyed(id: string, given: Uint8Array | string): Keyed {
  return { key: xaesKey(bytesOf(given)), label: Buffer.from(String.fromCharCode(id.length) + id, 'latin1') }
}

function bytesOf(given: Uint8Array | string): Uint8Array {
  if (typeof given !== 'string') return given
  return Buffer.from(given, HEX.test(given) ? 'hex' : 'base64')
}

const isKey = (value: unknown): boolean =>
  typeof value === 'string'
    ? HEX.test(value) || BASE64.test(value)
    : value instanceof Uint8Array && value.length === KEY_BYTES

/** What is wrong with a keyring. Never says what was given: it may be a key, in the wrong place too. */
function isKeyring(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    return "must be an object of keys by id, such as { 'k1': process.env.CACHE_KEY }"
  const keys = Object.entries(value)
  if (keys.length === 0) return 'must have at least one key'
  for (const [id, key] of keys) {
    if (!ID.test(id))
      return "has an id that is none: an id is 1 to 16 letters, digits, '.', '_' or '-', and begins with a letter or digit"
    if (!isKey(key)) return `'${id}' must be 32 bytes, or these as hex (64 digits) or base64 (43 or 44)`
  }
  return undefined
}

/** Says nothing of it: it may be a key, in the wrong place. */
const isText = (value: unknown): string | undefined =>
  typeof value === 'string' ? undefined : 'must be the id of one of the keys'
