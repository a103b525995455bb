/*
 * The bus is lost while something is invalidated: the connection is cut, or half of it is gone and nobody is told.
 */
import type { ProxiedConnection } from '@larder/testing/servers'
import { type Arena, passed } from '../arena.ts'
import { type Observed, type Scenario, seen } from '../scenario.ts'

const WATCHED = 5_000
/** ms in which B cannot connect anew after the cut. */
const AWAY = 300

async function play(
  arena: Arena,
  lose: (listening: readonly ProxiedConnection[]) => void,
): Promise<Observed> {
  const { a, b, source } = arena
  const key = await arena.sharedKey()
  lose((await b.connections()).listening)
  const wanted = source.change(key)
  const invalidated = await a.invalidate(key)
  const watching = b.watch(key, wanted, WATCHED)
  await passed(AWAY)
  await b.proxy.accept()
  return seen(await watching, wanted, invalidated.ended, WATCHED)
}

export const lostBus: Scenario = {
  name: 'lost bus',
  title: 'the bus is lost during an invalidation',
  story: `A and B have near copies. The connection on which B listens is lost: *half-open*, so that neither side is told and nothing arrives any more, or *cut*, and it can be made anew after ${AWAY} ms. In that moment A deletes the key. Everything else works. B is read for ${WATCHED / 1_000} s from the acknowledgement on.`,
  trials: 5,
  isFresh: true,
  parts: [
    {
      name: 'half-open',
      play: (arena) =>
        play(arena, (listening) => {
          for (const connection of listening) connection.blackHole()
        }),
    },
    {
      name: 'cut',
      play: (arena) =>
        play(arena, (listening) => {
          if (listening.length > 0) arena.b.proxy.refuse()
          for (const connection of listening) connection.cut()
        }),
    },
  ],
}
