/*
 * Rules of caches that cannot be judged over a network by a clock that stands still. Another test judges them as well: a
 * cache on a store that answers in turns of promises has the same engine.
 */

import type { Skips } from '@larder/testing'

const OUTLASTED = 'the rule waits for turns of promises, and a round trip takes longer'
const STANDING =
  'the cache looks again whether a lease has ended, by the clock of the contract, which nobody moves'

const UNAWAITED = 'a load answers before it is kept, and over a network a read may come between'

export const OVER_A_NETWORK: Skips = {
  'who stays gets his value, though others leave': OUTLASTED,
  'a caller of many who leaves ends the load, and one who waits for a single key keeps it': OUTLASTED,
  'stale if error is for errors: a load that succeeds is waited for': OUTLASTED,
  'a value is refreshed early when chance and the time of its load say so': OUTLASTED,
  'an error of a load of many reaches all who wait as the very same object, and the keys are free': OUTLASTED,
  'after any history of settled operations a cache answers as a Map would': UNAWAITED,
  'nobody ever reads what was invalidated before he asked, whatever happens in whatever order': STANDING,
}

/** And where nobody is told of fills. */
export const WITHOUT_A_CHANNEL: Skips = {
  ...OVER_A_NETWORK,
  'a read that began before its key was cleared brings nothing back': STANDING,
  'a read that began before its key was invalidated by its tag brings nothing back': STANDING,
  'nor when all tags are named only by the loads, or by the values': STANDING,
  'a value that is served from the cache is not loaded again, though it be falsy': STANDING,
}
