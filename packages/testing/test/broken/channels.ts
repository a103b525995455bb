/*
 * Ways to break a channel: one mistake each.
 */

import type { Channel, ChannelListener, Clock, Entry, Store } from '@larder/core'
import { isMark } from '@larder/core'
import type { Hub } from './hub.ts'
import type { Whole } from './stores.ts'

/** What a mistake makes of a good store with a channel. */
export type BreakChannel = (good: Whole<Entry>, hub: Hub<Entry>, clock: Clock) => Partial<Store<Entry>>

type Hears = (listener: ChannelListener, good: Whole<Entry>, clock: Clock) => Partial<ChannelListener>

/** Alters what listeners hear. */
const hearing =
  (alter: Hears): BreakChannel =>
  (good, _hub, clock) => ({
    channel: {
      ...good.channel,
      listen: (listener, what) =>
        good.channel.listen({ ...bound(listener), ...alter(listener, good, clock) }, what),
    },
  })

const bound = (listener: ChannelListener): ChannelListener => ({
  changed: (key) => listener.changed(key),
  filled: (key) => listener.filled(key),
  proven: (since) => listener.proven(since),
  gap: () => listener.gap(),
  replaced: () => listener.replaced(),
})

const listens =
  (listen: (good: Channel) => Channel['listen']): BreakChannel =>
  (good) => ({ channel: { ...good.channel, listen: listen(good.channel) } })

/** Does without telling. */
const quietly = (hub: Hub<Entry>, act: () => void): void => {
  const listeners = [...hub.listeners]
  hub.listeners.clear()
  act()
  for (const listener of listeners) hub.listeners.add(listener)
}

export const brokenChannels: Readonly<Record<string, BreakChannel>> = {
  'nothing is told': hearing(() => ({ changed: () => {} })),
  'sets are not told': (good, hub) => ({
    set: (key, record, ttl) => quietly(hub, () => void good.set(key, record, ttl)),
  }),
  'deletions of many are not told': (good, hub) => ({
    deleteMany: (keys) => quietly(hub, () => void good.deleteMany(keys)),
  }),
  'only so many are told': hearing((listener) => {
    let left = 100
    return {
      changed(key) {
        if (left-- > 0) listener.changed(key)
      },
    }
  }),
  'keys are trimmed': hearing((listener) => ({ changed: (key) => listener.changed(key.trim()) })),
  'long keys are cut': hearing((listener) => ({ changed: (key) => listener.changed(key.slice(0, 1_000)) })),
  'told before it is done': (good, hub) => ({
    delete(key) {
      hub.tell({ what: 'changed', key, from: Symbol('early') })
      return Promise.resolve().then(() =>
        Promise.resolve().then(() => quietly(hub, () => void good.delete(key))),
      )
    },
  }),
  'one hears oneself': (good, hub) => ({
    delete(key) {
      quietly(hub, () => void good.delete(key))
      hub.tell({ what: 'changed', key, from: Symbol('somebody') })
    },
  }),
  'whoever asked for marks hears everything': listens(
    (good) => (listener) => good.listen(listener, 'everything'),
  ),
  'whoever asked for everything hears no marks': listens((good) => (listener, what) => {
    if (what === 'marks') return good.listen(listener, what)
    const deaf = { ...bound(listener), changed: (key: string) => void (isMark(key) || listener.changed(key)) }
    return good.listen(deaf, what)
  }),
  'proven before it is told': hearing((listener, _good, clock) => ({
    changed: (key) => void clock.after(25, () => listener.changed(key)),
  })),
  'the future is proven': hearing((listener) => ({ proven: (since) => listener.proven(since + 1_000) })),
  'proofs go back': hearing((listener) => {
    let n = 0
    return { proven: (since) => listener.proven(n++ % 2 === 0 ? since : since - 5_000) }
  }),
  'nothing is proven': hearing(() => ({ proven: () => {} })),
  'gaps without end': hearing((listener) => ({
    proven(since) {
      listener.gap()
      listener.proven(since)
    },
  })),
  'fills are told as changes': (good, hub) => ({
    leases: {
      ...good.leases,
      async fill(key, token, record, ttl) {
        const isFilled = await good.leases.fill(key, token, record, ttl)
        if (isFilled) hub.tell({ what: 'changed', key, from: Symbol('fill') })
        return isFilled
      },
    },
  }),
  'a fill that is a change is not told': (good) => ({
    leases: {
      ...good.leases,
      fill: (key, token, record, ttl) => good.leases.fill(key, token, record, ttl),
    },
  }),
  ...Object.fromEntries(
    (['fill', 'drop'] as const).map((name): [string, BreakChannel] => [
      `the end by ${name} is not told`,
      (good, hub) => ({
        leases: {
          ...good.leases,
          [name]: (...args: never[]) => {
            let answer: unknown
            quietly(hub, () => {
              answer = (good.leases[name] as (...all: never[]) => unknown)(...args)
            })
            return answer
          },
        },
      }),
    ]),
  ),
  'who reads does not wait': (good, hub) => ({
    leases: {
      ...good.leases,
      read(keys, wishes, ms) {
        return keys.map((key, i) => {
          const record = hub.records.get(key)?.record
          const wish = wishes[i]
          const holder = hub.leases.get(key)?.token
          if (record !== undefined || wish === undefined) return { record, holder: undefined }
          return { record, holder: holder ?? (good.leases.take(key, wish, ms) as string) }
        })
      },
    },
  }),
  'who takes does not wait': (good, hub) => ({
    leases: {
      ...good.leases,
      take: (key, token, ms) => hub.leases.get(key)?.token ?? good.leases.take(key, token, ms),
    },
  }),
  'who was robbed is forgotten': (good, hub) => ({
    leases: {
      ...good.leases,
      async seize(key, token, ms) {
        const record = await good.leases.seize(key, token, ms)
        const lease = hub.leases.get(key)
        if (lease !== undefined) lease.isAwaited = false
        return record
      },
    },
  }),
  'fills are told to who listens for marks only': listens((good) => (listener, what) => {
    const deaf = { ...bound(listener), filled: () => {} }
    return good.listen(what === 'marks' ? listener : deaf, what)
  }),
  'nobody is let go': listens((good) => (listener, what) => {
    good.listen(listener, what)
    return () => {}
  }),
  'letting one go lets all go': (good, hub) => ({
    channel: {
      ...good.channel,
      listen(listener, what) {
        const stop = good.channel.listen(listener, what)
        return () => {
          stop()
          hub.listeners.clear()
        }
      },
    },
  }),
  'one can listen once': listens((good) => {
    let times = 0
    return (listener, what) =>
      good.listen(times++ === 0 ? listener : { ...bound(listener), changed: () => {} }, what)
  }),
  'gaps are not told': hearing(() => ({ gap: () => {} })),
  'that the place is another one is told as a gap': hearing(() => ({ replaced: () => {} })),
  'believed for ever': (good) => ({ channel: { ...good.channel, maxStaleness: Infinity } }),
}
