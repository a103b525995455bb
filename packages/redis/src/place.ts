/*
 * The place: what the parts of a store share.
 */

import type { Voice } from './channel.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link/link.ts'

export interface Place {
  readonly link: Link
  readonly keys: Keys
  readonly voice: Voice
}

/** Parts of a list, none longer than `most`. */
export function partsOf<T>(list: readonly T[], most: number): readonly (readonly T[])[] {
  if (list.length > 0 && list.length <= most) return [list]
  const parts: (readonly T[])[] = []
  for (let at = 0; at < list.length; at += most) parts.push(list.slice(at, at + most))
  return parts
}
