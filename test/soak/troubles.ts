/*
 * Everything that happens in a soak: to one process and its network, or to the server that all of them share.
 */

import type { FaultProxy, RedisServer } from '@larder/testing/servers'
import { linesOf } from '../processes/lines.ts'
import { now } from '../processes/orders.ts'
import { passed } from '../processes/source.ts'
import type { Crew } from './crew.ts'

/** Lets something happen, and has ended it when it resolves: with the moment of its end. Undefined: it could not happen. */
type Trouble = (chance: Chance) => Promise<number | undefined>

export type Troubles = Readonly<Record<string, Trouble>>

export class Chance {
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  between(low: number, high: number): number {
    return low + this.#random() * (high - low)
  }

  one<T>(all: readonly T[]): T | undefined {
    return all[Math.floor(this.#random() * all.length)]
  }
}

const HOUR = 3_600_000

/** ms: libfaketime looks once in a second. */
const JUMP_SEEN = 3_000

const healed =
  (proxy: FaultProxy, low: number, high: number, begin: () => unknown): Trouble =>
  async (chance) => {
    await begin()
    await passed(chance.between(low, high))
    await proxy.heal()
    return now()
  }

export function networkTroubles(server: RedisServer, proxy: FaultProxy): Troubles {
  return {
    'connections are reset': async () => {
      proxy.cutAll()
      return now()
    },
    'connections are half open': healed(proxy, 200, 1_500, () => proxy.blackHole({ existing: true })),
    'the network is a black hole': healed(proxy, 200, 1_000, () => proxy.blackHole()),
    'connections are refused': healed(proxy, 100, 700, () => {
      proxy.refuse()
      proxy.cutAll()
    }),
    'the network is slow': healed(proxy, 200, 700, () => {
      proxy.up.delay(10)
      proxy.down.delay(80)
    }),
    'the network jitters': healed(proxy, 300, 1_000, () => {
      proxy.up.delay(0, 40)
      proxy.down.delay(0, 120)
    }),
    'what is asked is lost': healed(proxy, 100, 600, () => proxy.up.lose()),
    'what is answered is lost': healed(proxy, 100, 600, () => proxy.down.lose()),
    'only messages are lost': async (chance) => {
      const { subscribed } = await linesOf(server, proxy)
      for (const each of subscribed) each.down.lose()
      await passed(chance.between(300, 1_500))
      await proxy.heal()
      return now()
    },
  }
}

/** `lives`: whether it may be killed. */
export function processTroubles(crew: Crew, place: number, lives: 'on' | 'not for ever'): Troubles {
  const replaced = (how: 'SIGKILL' | 'SIGTERM'): Trouble => {
    return async () => {
      const since = now()
      await crew.replace(place, how)
      return since
    }
  }
  const { calendar } = crew.at(place)
  const jumped = (direction: 1 | -1): Trouble => {
    return async (chance) => {
      const { process: child } = crew.at(place)
      const before = await child.ask('calendar', {})
      calendar?.jump(direction * chance.between(HOUR, 24 * HOUR))
      for (const began = now(); now() - began < JUMP_SEEN; await passed(20)) {
        if (Math.abs((await child.ask('calendar', {})) - before) > HOUR / 2) return now()
      }
      return undefined
    }
  }
  return {
    'the event loop is blocked': async (chance) => {
      await crew.at(place).process.ask('block', { ms: chance.between(100, 500) })
      return now()
    },
    'a process is stopped': async (chance) => {
      const { process: child } = crew.at(place)
      child.signal('SIGSTOP')
      await passed(chance.between(100, 3_000))
      child.signal('SIGCONT')
      return now()
    },
    ...(lives === 'not for ever' && {
      'a process is killed, and replaced': replaced('SIGKILL'),
      'a process is told to end, and replaced': replaced('SIGTERM'),
    }),
    ...(calendar !== undefined && {
      'the calendar jumps forwards': jumped(1),
      'the calendar jumps backwards': jumped(-1),
    }),
  }
}

export function serverTroubles(server: RedisServer): Troubles {
  const commanded =
    (...command: readonly string[]): Trouble =>
    async () => {
      await server.command(...command)
      return now()
    }
  return {
    'Redis is stopped': async (chance) => {
      server.pause()
      await passed(chance.between(50, 600))
      server.resume()
      return now()
    },
    'Redis is killed, and restarts empty': async (chance) => {
      await server.kill()
      await passed(chance.between(0, 300))
      await server.restart({ empty: true })
      return now()
    },
    'everything is flushed': commanded('FLUSHALL'),
    'scripts are forgotten': commanded('SCRIPT', 'FLUSH'),
    'Redis closes all connections': commanded('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'),
    'Redis closes all subscriptions': commanded('CLIENT', 'KILL', 'TYPE', 'pubsub'),
  }
}
