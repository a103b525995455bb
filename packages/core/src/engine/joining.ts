/*
 * Joining: whether a caller may share a load that is under way.
 *
 * In one process, what cuts a load takes it off the board, so all that is on the board may be shared but what names marks that
 * have died. Where other processes write, a load may have been overtaken without anybody here having heard of it. So
 * a caller who has asked the store is let in only by what he was told: the tokens of the marks, and who has the lease.
 */

import { allLive } from './entry.ts'
import type { LoadFlight } from './load.ts'
import type { Wanted } from './loads.ts'
import { isInside } from './recursion.ts'
import type { Space } from './space.ts'

/**
 * A load under known marks is shared while they are live, and a load under a lease while it has it: who was told that
 * somebody else has it, or got it himself, comes after an invalidation elsewhere. Who was not told (there was a record, but
 * it is stale) begins a load, which finds out.
 *
 * A load that could not take marks or a lease (the store did not answer) is shared by those who know no more than it.
 */
export function mayJoin(space: Space, open: LoadFlight, wanted: Wanted): 'yes' | 'no' | 'unsure' {
  if (!isGoodFor(open, wanted)) return 'no'
  if (!open.hasBegun || wanted.tokens === undefined || !space.hasLeases) return 'yes'
  if (wanted.holder === undefined) return 'unsure'
  return wanted.holder === open.lease ? 'yes' : 'no'
}

/** Whether a load may answer for a key, as far as this process knows. */
export function isGoodFor(open: LoadFlight, { tokens, policy }: Wanted): boolean {
  const { allTags, stamps } = open
  // Its value is on its way to the store, without the tags of those who come now.
  if (allTags !== undefined && !policy.tags.every((tag) => allTags.includes(tag))) return false
  if (stamps !== undefined) return allLive(stamps)
  if (!open.hasBegun || tokens === undefined) return true
  return (
    open.tokens !== undefined &&
    [...tokens].every(([mark, token]) => (open.tokens?.get(mark) ?? null) === token)
  )
}

/** Whether the caller runs inside this load, or the one that it may turn out to be. */
export function isInsideOf(open: LoadFlight): boolean {
  for (let each: LoadFlight | undefined = open; each !== undefined; each = each.before) {
    if (isInside(each.call)) return true
  }
  return false
}
