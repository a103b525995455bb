/*
 * A process invalidates while Redis does not answer it, and reads again.
 */
import { type Arena, passed } from '../arena.ts'
import { type Asked, now } from '../orders.ts'
import { type Observed, type Scenario, seen } from '../scenario.ts'

/** ms that Redis does not answer. */
const AWAY = 3_000
/** ms in which the process wants answers meanwhile. */
const PATIENCE = 1_500
const WATCHED = 5_000

/** `during`: what it read while Redis did not answer, if it tried. */
function together(invalidated: Asked, during: Asked | undefined, wanted: string, then: Observed): Observed {
  if (then.says === 'stale') return { ...then, says: 'old value, after the return for' }
  if (!then.isGood) {
    return invalidated.end === 'rejected' ? { ...then, says: `delete rejected, ${then.says}` } : then
  }
  if (during === undefined) return then
  if (during.value === undefined) return { isGood: true, says: `hung > ${PATIENCE / 1_000} s, then correct` }
  return during.value === wanted ? then : { isGood: false, says: 'old value until the return' }
}

async function play({ a, source }: Arena, key: string, isReadMeanwhile: boolean): Promise<Observed> {
  const began = now()
  a.proxy.blackHole()
  const wanted = source.change(key)
  const invalidating = a.invalidate(key, PATIENCE)
  const during = isReadMeanwhile ? await a.read(key, PATIENCE) : undefined
  const invalidated = await invalidating
  await passed(Math.max(0, began + AWAY - now()))
  const back = now()
  await a.proxy.heal()
  const then = seen(await a.watch(key, wanted, WATCHED), wanted, back, WATCHED)
  return together(invalidated, during, wanted, then)
}

export const ownInvalidation: Scenario = {
  name: 'own invalidation',
  title: 'own delete while Redis does not answer, then it returns',
  story: `A has read a key; it is near and in Redis. The network between A and Redis swallows everything. The row is changed, A deletes the key, and is given ${PATIENCE / 1_000} s for it; it reads the key meanwhile, with the same patience, or only afterwards. After ${AWAY / 1_000} s the network is back, with the old connections reset. A is read for ${WATCHED / 1_000} s more. Whoever forgets what it could not deliver reads the old value again, from Redis, in the very process that has deleted it.`,
  trials: 5,
  isFresh: true,
  isByHandToo: true,
  parts: [
    {
      name: 'read meanwhile',
      play: async (arena) => play(arena, await arena.sharedKey(), true),
    },
    {
      name: 'read afterwards',
      play: async (arena) => play(arena, await arena.sharedKey(), false),
    },
  ],
}
