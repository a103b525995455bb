/*
 * Redis is gone, something is invalidated, Redis comes back with nothing in it.
 */
import { now } from '../orders.ts'
import { type Scenario, seen } from '../scenario.ts'

/** ms that A waits for what becomes of its invalidation. */
const PATIENCE = 1_000
const WATCHED = 5_000

export const emptyRestart: Scenario = {
  name: 'empty restart',
  title: 'Redis restarts empty, near copies are alive',
  story: `A and B have near copies. Redis is killed; the row is changed, and A deletes the key, which it is let try for ${PATIENCE / 1_000} s. Then Redis is back, without anything of what it held, as after a failover to an empty node. B is read for ${WATCHED / 1_000} s from Redis' first answer on. All that can be old now is B's near copy.`,
  trials: 5,
  isFresh: true,
  isByHandToo: true,
  parts: [
    {
      name: '',
      async play(arena) {
        const { a, b, redis, source } = arena
        const key = await arena.sharedKey()
        await redis.kill()
        const wanted = source.change(key)
        await a.invalidate(key, PATIENCE)
        await redis.restart({ empty: true })
        const back = now()
        return seen(await b.watch(key, wanted, WATCHED), wanted, back, WATCHED)
      },
    },
  ],
}
