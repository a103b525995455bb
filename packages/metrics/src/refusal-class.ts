/*
 * Why a record was not usable, as a label: one of a list. What a schema or a store says in words may hold anything.
 */

import type { Refusal } from '@larder/core'

const REFUSALS: Readonly<Record<Refusal, true>> = {
  'not-a-frame': true,
  'unknown-version': true,
  'unknown-flag': true,
  truncated: true,
  'another-key': true,
  corrupt: true,
  'unknown-serializer': true,
  'unknown-compressor': true,
  'not-sealed': true,
  sealed: true,
  'unknown-key-id': true,
  'not-authentic': true,
  'too-large': true,
  undecodable: true,
}

/** Sealed with a key that is not in the ring of this process. */
export const UNKNOWN_KEY: Refusal = 'unknown-key-id'

/** A reason of the frame, or `other`: a schema, or what is no entry at all. */
export function refusalClass(why: string): string {
  return Object.hasOwn(REFUSALS, why) ? why : 'other'
}
