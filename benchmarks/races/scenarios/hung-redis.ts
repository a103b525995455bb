/*
 * Redis hangs: it is there, and does not answer.
 */
import { LONG, type Scenario } from '../scenario.ts'

const DEADLINE = 12_000

export const hungRedis: Scenario = {
  name: 'hung Redis',
  title: 'Redis hangs, cold getOrSet',
  story: `Redis is stopped (SIGSTOP): connections stay, nothing answers. A reads a key that nobody has; the source answers at once. A is given ${DEADLINE / 1_000} s. A cache that waits for ever takes its program down with it.`,
  trials: 5,
  isFresh: true,
  isByHandToo: true,
  parts: [
    {
      name: '',
      async play(arena) {
        const { a, redis } = arena
        redis.pause()
        const { end, began, ended, error } = await a.read(arena.newKey(), DEADLINE)
        redis.resume()
        if (end === 'pending') return { isGood: false, says: `hung > ${DEADLINE / 1_000} s` }
        const ms = ended - began
        if (end === 'rejected') return { isGood: false, says: `rejected (${error}) after`, ms }
        return { isGood: ms <= LONG, says: 'answered in', ms }
      },
    },
  ],
}
