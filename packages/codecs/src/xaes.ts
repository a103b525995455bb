/*
 * XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM with nonces of 192 bits, long enough to be drawn at random for
 * ever. The first half derives a key for this message from the long-lived one (NIST SP 800-108 in counter mode, with
 * CMAC); the second half is the nonce of GCM under that key. The test has the vectors of the specification.
 */

import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'

export const KEY_BYTES = 32
export const NONCE_BYTES = 24
export const TAG_BYTES = 16
const HALF = NONCE_BYTES / 2
const BLOCK = 16
/** Said to Node as well, which else takes a tag of 4 bytes for one. */
const GCM = { authTagLength: TAG_BYTES } as const

export interface XaesKey {
  readonly key: KeyObject
  /** The first subkey of CMAC, which depends on the key only. */
  readonly mask: Uint8Array
}

export function xaesKey(bytes: Uint8Array): XaesKey {
  const key = createSecretKey(bytes)
  const block = encrypted(key, new Uint8Array(BLOCK))
  // Doubled in GF(2^128).
  const mask = Uint8Array.from(block, (byte, i) => (byte << 1) | ((block[i + 1] ?? 0) >> 7))
  if (((block[0] ?? 0) & 0x80) !== 0) mask[BLOCK - 1] = (mask[BLOCK - 1] ?? 0) ^ 0x87
  return { key, mask }
}

/** Ciphertext and tag. */
export function xaesSeal(
  by: XaesKey,
  nonce: Uint8Array,
  payload: Uint8Array,
  bound: Uint8Array,
): readonly [Uint8Array, Uint8Array] {
  const cipher = createCipheriv('aes-256-gcm', keyFor(by, nonce), nonce.subarray(HALF), GCM)
  cipher.setAAD(bound)
  const text = cipher.update(payload)
  cipher.final()
  return [text, cipher.getAuthTag()]
}

/** The payload, or nothing if it is not authentic. */
export function xaesOpen(
  by: XaesKey,
  nonce: Uint8Array,
  text: Uint8Array,
  tag: Uint8Array,
  bound: Uint8Array,
): Uint8Array | undefined {
  const decipher = createDecipheriv('aes-256-gcm', keyFor(by, nonce), nonce.subarray(HALF), GCM)
  decipher.setAuthTag(tag)
  decipher.setAAD(bound)
  const payload = decipher.update(text)
  try {
    decipher.final()
    return payload
  } catch {
    return undefined
  }
}

/** The key of one message: two blocks, each of the counter, the letter X and the first half of the nonce. */
function keyFor({ key, mask }: XaesKey, nonce: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(2 * BLOCK)
  for (let counter = 1; counter <= 2; counter++) {
    const at = (counter - 1) * BLOCK
    blocks.set([0, counter, 0x58, 0], at)
    blocks.set(nonce.subarray(0, HALF), at + 4)
    for (let i = 0; i < BLOCK; i++) blocks[at + i] = (blocks[at + i] ?? 0) ^ (mask[i] ?? 0)
  }
  return encrypted(key, blocks)
}

/** Whole blocks, each on its own. */
function encrypted(key: KeyObject, blocks: Uint8Array): Uint8Array {
  return createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(blocks)
}
