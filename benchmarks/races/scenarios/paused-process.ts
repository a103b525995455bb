/*
 * A process sleeps through an invalidation.
 */
import { passed } from '../arena.ts'
import { now } from '../orders.ts'
import { type Scenario, seen, Void } from '../scenario.ts'

const ASLEEP = 2_000
const WATCHED = 5_000
/** ms in which B reads before it falls asleep. */
const BEFORE = 50

export const pausedProcess: Scenario = {
  name: 'paused process',
  title: 'a process is paused during an invalidation, then wakes',
  story: `B reads a key again and again from its near copy, and is stopped (SIGSTOP), as by a machine that is suspended, a long collection of garbage or a blocked event loop. A deletes the key, and that is acknowledged. After ${ASLEEP / 1_000} s B goes on with what it was about to do: read. The message waits in a socket that B has not read yet. *Stale* is how long after waking it was served the old value.`,
  trials: 10,
  isFresh: true,
  parts: [
    {
      name: '',
      async play(arena) {
        const { a, b, source } = arena
        const key = await arena.sharedKey()
        const wanted = `${key} version 2`
        const watching = b.watch(key, wanted, WATCHED + ASLEEP)
        await passed(BEFORE)
        b.signal('SIGSTOP')
        await passed(BEFORE)
        if (source.change(key) !== wanted) throw new Error('a key that was changed before')
        const invalidated = await a.invalidate(key)
        await passed(ASLEEP)
        const awake = now()
        b.signal('SIGCONT')
        const reads = await watching
        if (invalidated.ended > awake) throw new Void('B woke before the acknowledgement')
        return seen(reads, wanted, awake, WATCHED)
      },
    },
  ],
}
