/*
 * Ways to break what only some stores have: leases, a clock, parts, longer lives. One mistake each.
 */

import type { Leases } from '@larder/core'
import type { Break } from './stores.ts'

type Alter = (good: Leases<unknown>, store: Parameters<Break>[0]) => Partial<Leases<unknown>>

const leased =
  (alter: Alter): Break =>
  (good) => ({ leases: { ...good.leases, ...alter(good.leases, good) } })

const LONG = 86_400_000

export const brokenLeases: Readonly<Record<string, Break>> = {
  'a read takes leases nobody wished for': leased((good) => ({
    read: (keys, wishes, ms) =>
      good.read(
        keys,
        wishes.map((wish) => wish ?? 'nobody'),
        ms,
      ),
  })),
  'leases are taken of what is there': leased((good) => ({
    async read(keys, wishes, ms) {
      const reads = await good.read(keys, wishes, ms)
      for (const [i, key] of keys.entries()) {
        const wish = wishes[i]
        if (wish !== undefined) await good.take(key, wish, ms)
      }
      return reads
    },
  })),
  'a read answers what is there only': leased((good) => ({
    async read(keys, wishes, ms) {
      const reads = await good.read(keys, wishes, ms)
      return reads.filter(({ record, holder }) => record !== undefined || holder !== undefined)
    },
  })),
  'a read after hits forgets its wishes': (good) => {
    let hits = 0
    return {
      leases: {
        ...good.leases,
        async read(keys, wishes, ms) {
          const reads = await good.leases.read(keys, hits > 1 ? wishes.map(() => undefined) : wishes, ms)
          if (reads.every(({ record }) => record !== undefined)) hits++
          return reads
        },
      },
    }
  },
  'everybody gets the lease': leased(() => ({ take: (_key, token) => token })),
  'everybody who reads gets the lease': leased((good) => ({
    async read(keys, wishes, ms) {
      const reads = await good.read(keys, wishes, ms)
      return reads.map((read, i) => (read.record === undefined ? { ...read, holder: wishes[i] } : read))
    },
  })),
  'who waits is part of the token': (good) => {
    const waiting = new Set<string>()
    return {
      leases: {
        ...good.leases,
        async take(key, token, ms) {
          const holder = await good.leases.take(key, token, ms)
          if (holder === token) return holder
          if (waiting.has(key)) return `${holder}!`
          waiting.add(key)
          return holder
        },
      },
    }
  },
  'tokens are trimmed': leased((good) => ({
    async take(key, token, ms) {
      return (await good.take(key, token, ms))?.trim()
    },
  })),
  'a lease needs an empty place': leased((good, { get }) => ({
    take: (key, token, ms) => (get(key) === undefined ? good.take(key, token, ms) : undefined),
  })),
  'a fill keeps the lease': leased((good) => ({
    async fill(key, token, record, ttl) {
      const isFilled = await good.fill(key, token, record, ttl)
      if (isFilled) await good.take(key, token, LONG)
      return isFilled
    },
  })),
  'a fill says nothing of having been refused': leased((good) => ({
    async fill(key, token, record, ttl) {
      await good.fill(key, token, record, ttl)
      return true
    },
  })),
  'a fill looks at no token': leased((good, { set }) => ({
    async fill(key, token, record, ttl) {
      await good.drop(key, token)
      await set(key, record, ttl)
      return true
    },
  })),
  'a fill compares beginnings': leased((good) => ({
    async fill(key, token, record, ttl) {
      const holder = await good.take(key, token, LONG)
      return holder?.startsWith(token) === true ? good.fill(key, holder, record, ttl) : false
    },
  })),
  'a fill adds only what is missing': leased((good, { get }) => ({
    async fill(key, token, record, ttl) {
      if (get(key) === undefined) return good.fill(key, token, record, ttl)
      await good.drop(key, token)
      return true
    },
  })),
  ...Object.fromEntries(
    (['delete', 'set', 'deleteMany', 'setMany'] as const).map((name): [string, Break] => [
      `${name} leaves the lease`,
      (good) => {
        const held = new Map<string, string>()
        return {
          leases: {
            ...good.leases,
            async take(key, token, ms) {
              const holder = await good.leases.take(key, token, ms)
              if (holder !== undefined) held.set(key, holder)
              return holder
            },
          },
          async [name](first: never, ...rest: never[]) {
            await (good[name] as (...args: never[]) => unknown)(first, ...rest)
            for (const [key, token] of held) await good.leases.take(key, token, LONG)
          },
        }
      },
    ]),
  ),
  'drop does nothing': leased(() => ({ drop: () => {} })),
  'drop looks at no token': leased((good) => ({
    async drop(key, token) {
      await good.seize(key, token, LONG)
      await good.drop(key, token)
    },
  })),
  'drop deletes the record': leased((good, store) => ({
    drop: (key) => store.delete(key),
  })),
  'seize reads nothing': leased((good) => ({
    async seize(key, token, ms) {
      await good.seize(key, token, ms)
      return undefined
    },
  })),
  'seize leaves the lease where it is': leased((good, { get }) => ({
    async seize(key, token, ms) {
      await good.take(key, token, ms)
      return get(key)
    },
  })),
  'leases never end': leased((good) => ({
    take: (key, token) => good.take(key, token, Infinity),
  })),
  'who waits keeps the lease alive': leased((good) => ({
    async take(key, token, ms) {
      const holder = await good.take(key, token, ms)
      if (holder !== undefined && holder !== token) await good.renew(key, holder, ms)
      return holder
    },
  })),
  'renew does nothing': leased(() => ({ renew: () => true })),
  'anybody renews': leased((good) => ({
    async renew(key, token, ms) {
      const holder = await good.take(key, token, 1)
      return holder === undefined ? false : good.renew(key, holder, ms)
    },
  })),
  'leases are listed': (good) => {
    const taken = new Set<string>()
    return {
      leases: {
        ...good.leases,
        take(key, token, ms) {
          taken.add(key)
          return good.leases.take(key, token, ms)
        },
      },
      async *keys(prefix) {
        yield* good.keys(prefix)
        for (const key of taken) if (key.startsWith(prefix)) yield key
      },
    }
  },
  'time since the start': (_good, clock) => ({ time: () => clock.now() }),
  'time goes back': () => {
    let time = 2e12
    return { time: () => --time }
  },
  'parts at random': () => {
    let n = 0
    return { partOf: () => String(n++) }
  },
  'add replaces': (good) => ({
    async add(key, record, ttl) {
      const found = await good.get(key)
      await good.set(key, record, ttl)
      return found
    },
  }),
  'add does not tell': (good) => ({
    async add(key, record, ttl) {
      await good.add(key, record, ttl)
      return undefined
    },
  }),
  'add is for ever': (good) => ({ add: (key, record) => good.add(key, record, Infinity) }),
  'add does nothing': (good) => ({ add: (key) => good.get(key) }),
  'prolong does nothing': () => ({ prolong: () => {} }),
  'prolong shortens': (good) => ({
    async prolong(keys, ttl) {
      for (const key of keys) {
        const record = await good.get(key)
        if (record !== undefined) await good.set(key, record, ttl)
      }
    },
  }),
  'prolong drops leases': (good) => ({
    async prolong(keys, ttl) {
      await good.prolong(keys, ttl)
      for (const key of keys) {
        await good.leases.seize(key, 'thief', 1)
        await good.leases.drop(key, 'thief')
      }
    },
  }),
}
