/*
 * Everything that happens in a soak: to one process and its network, or to the server that all of them share.
 */

import type { FaultProxy, RedisServer, SentinelServers } from '@larder/testing/servers'
import { linesOf } from '../processes/lines.ts'
import { now } from '../processes/orders.ts'
import { passed } from '../processes/source.ts'
import type { Crew } from './crew.ts'
import type { Loss } from './orders.ts'

/** Lets something happen, and has ended it when it resolves: with the moment of its end. Undefined: it could not happen. */
export type Trouble = (chance: Chance) => Promise<number | undefined>

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

const commanded =
  (server: () => RedisServer, ...command: readonly string[]): Trouble =>
  async () => {
    await server().command(...command)
    return now()
  }

const forgettings = (server: () => RedisServer): Troubles => ({
  'everything is flushed': commanded(server, 'FLUSHALL'),
  'scripts are forgotten': commanded(server, 'SCRIPT', 'FLUSH'),
  'Redis closes all connections': commanded(server, 'CLIENT', 'KILL', 'TYPE', 'normal'),
  'Redis closes all subscriptions': commanded(server, 'CLIENT', 'KILL', 'TYPE', 'pubsub'),
})

export function serverTroubles(server: RedisServer): Troubles {
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
    ...forgettings(() => server),
  }
}

/** ms: what replicas are behind, at the most. */
const LAG = 500

/** `lose`: is told of the time in which a failover may lose what is acknowledged. */
export function failovers(servers: SentinelServers, lose: (loss: Loss) => void): Troubles {
  let losses = 0
  const failedOver =
    (
      begin: (primary: RedisServer) => Promise<unknown>,
      end: (old: RedisServer) => Promise<unknown>,
    ): Trouble =>
    async () => {
      const id = ++losses
      const from = now() - LAG
      lose({ id, from, until: Infinity })
      const old = servers.primary
      try {
        await begin(old)
        await servers.waitForFailover()
      } finally {
        await end(old)
        // As long as the old one believes to be a primary, it acknowledges what nobody will ever see.
        await isReplica(old)
        lose({ id, from, until: now() })
      }
      return now()
    }
  return {
    'the primary is stopped, and replaced': failedOver(
      async (primary) => primary.pause(),
      async (old) => old.resume(),
    ),
    'the primary is killed, and replaced': failedOver(
      (primary) => primary.kill(),
      (old) => old.restart({ empty: true }),
    ),
    'a failover is asked for': failedOver(
      async () => servers.sentinels[0]?.command('SENTINEL', 'FAILOVER', servers.name),
      async () => {},
    ),
    ...forgettings(() => servers.primary),
  }
}

/** The next failover must find somebody to promote, too. */
async function isReplica(old: RedisServer): Promise<void> {
  const until = now() + 20_000
  while (now() < until) {
    const said = await old.command('INFO', 'replication').catch(() => '')
    if (String(said).includes('master_link_status:up')) return
    await passed(50)
  }
}
