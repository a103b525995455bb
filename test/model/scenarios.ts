/*
 * Scenarios: single stories, each of which was or could be a way to read what has been invalidated, told step by step.
 *
 * The random histories of history.ts find such stories; what they found, and what is too unlikely for them to find, is
 * kept here. Each takes the core it is told with, so that the ablations can tell it with a broken one.
 */

import { type createCache, type Entry, entryOf, type ICache, type Store, termsOf } from '@larder/core'
import { memory } from '@larder/memory'
import { held, manualClock, type ManualClock } from '@larder/testing'
import { expect } from 'vitest'
import type { Core } from './history.ts'
import { farStore, nearStore, Net, Place, turns } from './world.ts'

export type Scenario = (core: Core) => Promise<void>

type Options = Partial<Parameters<typeof createCache>[0]>

interface Setting {
  readonly cache: ICache
  readonly clock: ManualClock
  readonly net: Net
  readonly place: Place
  readonly store: Store<Entry>
  /** Delivers and answers all that is on its way, in order, until nothing more comes. */
  readonly flow: () => Promise<void>
  /** The first operation on its way that `what` names. */
  readonly parcel: (what: string) => Net['parcels'][number]
}

/** A cache on a store that answers when it is told to. */
function far(core: Core, options: Options = {}, place: Place = new Place(), bulk = true): Setting {
  const clock = manualClock()
  const net = new Net(clock)
  const store = farStore(place, net, bulk)
  const cache = core.createCache({ store, clock, ...options })
  const flow = async (): Promise<void> => {
    await turns(40)
    while (net.parcels.length > 0) {
      for (const parcel of net.parcels.slice()) parcel.answer()
      await turns(40)
    }
  }
  const parcel = (what: string): Net['parcels'][number] => {
    const found = net.parcels.find((each) => each.what.startsWith(what))
    if (found === undefined) {
      throw new Error(`no '${what}' is on its way: ${net.parcels.map((each) => each.what).join(', ')}`)
    }
    return found
  }
  return { cache, clock, net, place, store, flow, parcel }
}

function near(core: Core, options: Options = {}): Omit<Setting, 'flow' | 'parcel' | 'place'> {
  const clock = manualClock()
  const net = new Net(clock)
  const store = nearStore(memory({ clock }), net)
  return { cache: core.createCache({ store, clock, ...options }), clock, net, store }
}

/** Whether a parcel asks for `record`. */
const reads =
  (record: string) =>
  ({ what }: { readonly what: string }): boolean =>
    what.startsWith('get') && what.split(' ').includes(record)

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]]
  return all.flatMap((one, i) => permutations(all.toSpliced(i, 1)).map((rest) => [one, ...rest]))
}

/** What `promise` brings, while everything flows. */
async function flowing<T>({ flow }: Setting, promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  await flow()
  return promise
}

/** A schema that answers when it is told to. */
export function slowSchema(): {
  readonly schema: {
    '~standard': { version: 1; vendor: string; validate(value: unknown): Promise<{ value: unknown }> }
  }
  readonly say: (() => void)[]
} {
  const say: (() => void)[] = []
  return {
    say,
    schema: {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => new Promise((resolve) => say.push(() => resolve({ value }))),
      },
    },
  }
}

export const scenarios = {
  'a read that overtakes an invalidation on its way does not believe the old token': async (core) => {
    for (const invalidate of [
      (cache: ICache) => cache.invalidateTags('t'),
      (cache: ICache) => cache.clear(),
    ]) {
      for (const read of [
        (cache: ICache) => cache.get('k'),
        (cache: ICache) => cache.getOrSet('k', () => undefined),
        (cache: ICache) => cache.getMany(['k']).then(([value]) => value),
      ]) {
        const setting = far(core, { tags: ['t'] })
        const { cache, net, parcel } = setting
        await flowing(setting, cache.set('k', 'old'))

        const invalidated = invalidate(cache)
        await turns(40)
        const answer = read(cache)
        await turns(40)
        parcel('getMany larder:k').apply()
        for (const each of net.parcels.filter(({ what }) => what.startsWith('delete'))) each.answer()
        await turns(40)
        await setting.flow()
        await invalidated

        expect(await answer).toBe(undefined)
      }
    }
  },

  'a read that overtakes an invalidation that is owed does not believe the old token': async (core) => {
    const setting = far(core, { tags: ['t'] })
    const { cache, clock, net, parcel } = setting
    await flowing(setting, cache.set('k', 'old'))
    const invalidated = cache.invalidateTags('t')
    await turns(40)
    for (const each of net.parcels.slice()) each.fail(new Error('lost'))
    await invalidated

    const answer = cache.get('k')
    await turns(40)
    parcel('getMany larder:k').apply()
    await clock.advance(60)
    await turns(40)
    for (const mark of ['#~', '#=t']) {
      parcel(`delete larder${mark}`).answer()
      await turns(40)
    }
    await setting.flow()

    expect(await answer).toBe(undefined)
  },

  'what is being deleted, or replaced, is not read from the store': async (core) => {
    for (const change of [(cache: ICache) => cache.delete('k'), (cache: ICache) => cache.set('k', 'new')]) {
      const setting = far(core)
      const { cache, net } = setting
      await flowing(setting, cache.set('k', 'old'))
      const changed = change(cache)
      const read = cache.get('k')
      await turns(40)
      for (const each of net.parcels.filter(({ what }) => what.startsWith('get'))) each.answer()
      await setting.flow()
      await changed

      expect(await read).not.toBe('old')
    }
  },

  'what could not be deleted, or replaced, is not read again': async (core) => {
    for (const [what, change] of [
      ['delete', (cache: ICache) => cache.delete('k')],
      ['set', (cache: ICache) => cache.set('k', 'new')],
    ] as const) {
      const setting = far(core)
      const { cache, net, parcel } = setting
      await flowing(setting, cache.set('k', 'old'))
      const changed = change(cache)
      await turns(40)
      // The marks come first, where they are asked for.
      for (const each of net.parcels.filter((one) => one.what.startsWith('get'))) each.answer()
      await turns(40)
      parcel(what).fail(new Error('lost'))
      await setting.flow()

      expect(await changed).toEqual({ far: 'queued' })
      expect(await flowing(setting, cache.get('k'))).not.toBe('old')
    }
  },

  'what was to be replaced, and was not, is not kept as stale': async (core) => {
    const setting = far(core, { staleWhileRevalidate: '1h' })
    const { cache, parcel } = setting
    await flowing(setting, cache.set('k', 'old', { ttl: '1m' }))
    const written = cache.set('k', 'new')
    const expired = cache.expire('k')
    await turns(40)
    parcel('getMany').fail(new Error('lost'))
    await setting.flow()
    await Promise.all([written, expired])

    expect(
      await flowing(
        setting,
        cache.getOrSet('k', () => 'loaded'),
      ),
    ).not.toBe('old')
  },

  'what was to be replaced, and was not, does not come back with a set that is refused': async (core) => {
    const setting = far(core)
    const { cache, parcel } = setting
    await flowing(setting, cache.set('k', 'old'))
    const written = cache.set('k', 'new')
    const schema = {
      '~standard': { version: 1, vendor: 'test', validate: async () => ({ issues: [{ message: 'no' }] }) },
    } as never
    const refused = cache.set('k', 'wrong', { schema })
    refused.catch(() => {})
    await turns(40)
    parcel('getMany').fail(new Error('lost'))
    await setting.flow()
    await Promise.allSettled([written, refused])

    expect(await flowing(setting, cache.get('k'))).not.toBe('old')
  },

  'a touch does not bring back what was deleted in the same breath': async (core) => {
    for (let breath = 0; breath < 16; breath++) {
      const setting = far(core)
      const { cache, net } = setting
      await flowing(setting, cache.set('k', 'old', { ttl: '1m' }))

      const touched = cache.touch('k', '2m')
      await turns(40)
      for (const each of net.parcels.slice()) each.answer()
      await turns(breath)
      const deleted = cache.delete('k')
      await setting.flow()
      await Promise.all([touched, deleted])

      expect(await flowing(setting, cache.get('k'))).toBe(undefined)
    }
  },

  'a touch while a set is under way does not undo the set that follows': async (core) => {
    for (let breath = 0; breath < 16; breath++) {
      const setting = far(core)
      const { cache } = setting
      const first = cache.set('k', 'old')
      await turns(40)

      const touched = cache.touch('k', '2m')
      await turns(breath)
      const second = cache.set('k', 'new')
      await setting.flow()
      await Promise.all([first, second, touched])

      expect(await flowing(setting, cache.get('k'))).toBe('new')
    }
  },

  'a value that was deleted while its schema was asked is not kept by the load that follows': async (
    core,
  ) => {
    const { schema, say } = slowSchema()
    const setting = far(core)
    const { cache, clock } = setting
    await flowing(setting, cache.set('k', 'old', { ttl: 10, staleIfError: '1h' }))
    await clock.advance(20)

    const how = { schema: schema as never, staleIfError: '1h' } as const
    const asked = cache.getOrSet(
      'k',
      (context) => (context.stale === undefined ? 'new' : context.keep()),
      how,
    )
    await setting.flow()
    const deleted = cache.delete('k')
    await setting.flow()
    for (let i = 0; i < 5; i++) {
      for (const each of say.splice(0)) each()
      await setting.flow()
    }
    await Promise.all([asked, deleted])

    expect(await flowing(setting, cache.get('k'))).not.toBe('old')
  },

  'a value that is kept ("not modified") keeps its tags, also for those who wait for it': async (core) => {
    const { cache, clock } = near(core)
    const revalidated = held()
    await cache.getOrSet('k', (context) => (context.tags('t'), 'old'), { ttl: 10, staleIfError: '1h' })
    await clock.advance(20)

    const before = cache.getOrSet('k', async (context) => (await revalidated.load(context), context.keep()))
    await turns(40)
    await cache.invalidateTags('t')
    const after = cache.getOrSet('k', () => 'new')
    await turns(40)
    revalidated.release(1)

    expect(await before).toBe('old')
    expect(await after).toBe('new')
  },

  'a value that is kept is not shown while it is being written, if its tag was invalidated meanwhile': async (
    core,
  ) => {
    const setting = far(core)
    const { cache, clock } = setting
    const how = { ttl: 10, staleIfError: '1h' } as const
    await flowing(
      setting,
      cache.getOrSet('k', (context) => (context.tags('t'), 'old'), how),
    )
    await clock.advance(20)

    const revalidated = held()
    const before = cache.getOrSet('k', async (context) => (await revalidated.load(context), context.keep()))
    await setting.flow()
    await flowing(setting, cache.invalidateTags('t'))
    revalidated.release(1)
    await turns(40)
    const after = cache.get('k')
    await setting.flow()

    expect(await before).toBe('old')
    expect(await after).toBe(undefined)
  },

  'a value set under a slow schema replaces the old one also where the store fails': async (core) => {
    const { schema, say } = slowSchema()
    const setting = far(core)
    const { cache, net } = setting
    await flowing(setting, cache.set('k', 'old'))

    const written = cache.set('k', 'new', { schema: schema as never })
    await turns(40)
    for (const each of say) each()
    await turns(40)
    for (const each of net.parcels.slice()) each.answer() // the marks
    await turns(40)
    net.state = 'read-only'
    for (const each of net.parcels.slice()) each.fail(new Error('read-only'))
    await turns(40)
    const read = cache.get('k')
    await setting.flow()

    expect((await written).far).toBe('queued')
    expect(await read).not.toBe('old')
  },

  'a key that was expired while the store could not be read is not fresh when it can': async (core) => {
    const { cache, net } = near(core)
    await cache.set('k', 'old')

    net.state = 'down'
    await cache.expire('k')
    net.state = 'up'

    expect(await cache.get('k')).toBe(undefined)
  },

  'deleteMatching also forgets what is being written': async (core) => {
    const setting = far(core)
    const { cache, store, place } = setting
    store.keys = async function* (prefix: string) {
      for (const key of place.records.keys()) if (key.startsWith(prefix)) yield key
    }
    const again = core.createCache({ store: { ...store }, clock: setting.clock })
    expect(
      await flowing(
        setting,
        again
          .getOrSet('k', () => 'old')
          .then(async (value) => {
            const deleting = again.deleteMatching('*')
            await deleting
            return value
          }),
      ),
    ).toBe('old')

    expect(await flowing(setting, again.get('k'))).toBe(undefined)
    await flowing(setting, cache.close())
  },

  'callers share a load while an invalidation is on its way': async (core) => {
    const setting = far(core)
    const { cache } = setting
    const source = held('new')
    const cleared = cache.clear()
    await turns(40)
    for (const each of setting.net.parcels.filter(({ what }) => what.startsWith('delete'))) each.apply()

    const first = cache.getOrSet('k', source.load)
    await turns(40)
    for (const each of setting.net.parcels.filter(({ what }) => what.startsWith('getMany'))) each.answer()
    await turns(40)
    const second = cache.getOrSet('k', source.load)
    await turns(40)
    for (const each of setting.net.parcels.filter(({ what }) => what.startsWith('getMany'))) each.answer()
    await turns(40)
    for (const call of source.calls) call.release()
    await setting.flow()
    await Promise.all([first, second, cleared])

    expect(source.calls).toHaveLength(1)
  },

  'callers share a load where the store refuses writes': async (core) => {
    const setting = far(core)
    const { cache, net } = setting
    const source = held('value')
    net.state = 'read-only'

    const all = Array.from({ length: 3 }, () => cache.getOrSet('k', source.load))
    await setting.flow()
    const more = cache.getOrSet('k', source.load)
    await setting.flow()
    for (const call of source.calls) call.release()
    await setting.flow()
    await Promise.all([...all, more])

    expect(source.calls).toHaveLength(1)
  },

  'a load of another process that names its tags late cannot slip between the two halves of an invalidation':
    async (core) => {
      // The late mark and the tag's mark are two records: nothing may be believed that was between them.
      type Move = 'read late' | 'read tag' | 'delete' | 'delete next' | 'land'
      const moves: readonly Move[] = ['read late', 'read tag', 'delete', 'delete next', 'land']
      for (const bulk of [true, false]) {
        for (const order of permutations(moves)) {
          const place = new Place()
          const here = far(core, {}, place, bulk)
          const there = far(core, {}, place, bulk)
          await flowing(here, here.cache.set('other', 1, { tags: ['t'] }))
          const source = held('old')
          const loaded = here.cache.getOrSet('k', async (context) => {
            context.tags('t')
            return source.load(context as never)
          })
          await here.flow()
          const invalidated = there.cache.invalidateTags('t')
          await turns(40)
          source.release()
          await turns(40)

          for (const move of order) {
            if (move === 'read late')
              for (const each of here.net.parcels.filter(reads('larder#~'))) each.apply()
            if (move === 'read tag')
              for (const each of here.net.parcels.filter(reads('larder#=t'))) each.apply()
            if (move.startsWith('delete')) there.net.parcels[0]?.answer()
            if (move === 'land') await here.flow()
            await turns(40)
          }
          await there.flow()
          await invalidated
          await here.flow()

          expect(await loaded).toBe('old')
          expect(await flowing(there, there.cache.get('k'))).toBe(undefined)
        }
      }
    },

  'a caller who sees that a mark is gone does not join a load that began under it': async (core) => {
    const place = new Place()
    const here = far(core, {}, place)
    const there = far(core, {}, place)
    const source = held()
    const how = { tags: ['t'] }
    const before = here.cache.getOrSet('k', source.load, how)
    await here.flow()

    await flowing(there, there.cache.invalidateTags('t'))
    const after = here.cache.getOrSet('k', source.load, how)
    await here.flow()
    source.release('old')
    await here.flow()
    if (source.calls.length > 1) source.release('new')
    await here.flow()

    expect(await before).toBe('old')
    expect(await after).toBe('new')
  },

  'who comes after a deletion was acknowledged does not join a load from before that': async (core) => {
    const setting = far(core)
    const { cache, net } = setting
    const source = held()
    const deleted = cache.delete('k')
    await turns(40)
    const before = cache.getOrSet('k', source.load)
    await turns(40)

    await flowing(setting, deleted)
    net.state = 'down' // those who cannot ask the store share loads with whoever cannot either
    const after = cache.getOrSet('k', source.load)
    await setting.flow()
    source.calls.forEach((call, i) => call.release(i))
    await setting.flow()

    expect([await before, await after]).toEqual([0, 1])
  },

  'a mark that is minted late does not vouch for a load that began before': async (core) => {
    const place = new Place()
    const here = far(core, {}, place)
    const there = far(core, {}, place)
    const slow = held<string>()
    let row = 'old'
    const load = async (): Promise<string> => {
      const read = row
      await slow.load({} as never)
      return read
    }
    const loaded = here.cache.getOrSet('k', load, { tags: ['t'] })
    await turns(40)
    here.parcel('getMany').answer()
    await turns(40) // the marks are on their way

    row = 'new'
    await flowing(there, there.cache.invalidateTags('t'))
    await here.flow()
    slow.release()
    await here.flow()

    await loaded
    expect(await flowing(there, there.cache.get('k'))).not.toBe('old')
  },

  'a value whose tag was invalidated while its schema was asked is not offered to the load that follows':
    async (core) => {
      for (const invalidate of [
        (cache: ICache) => cache.invalidateTags('t'),
        (cache: ICache) => cache.clear(),
      ]) {
        const { schema, say } = slowSchema()
        const setting = far(core)
        const { cache, clock } = setting
        await flowing(setting, cache.set('k', 'old', { ttl: 10, staleIfError: '1h', tags: ['t'] }))
        await clock.advance(20)
        const offered: unknown[] = []
        const asked = cache.getOrSet('k', ({ stale }) => (offered.push(stale?.value), 'new'), {
          schema,
          staleIfError: '1h',
        })
        await setting.flow()
        await flowing(setting, invalidate(cache))
        for (let i = 0; i < 5; i++) {
          for (const each of say.splice(0)) each()
          await setting.flow()
        }

        await asked
        expect(offered).toEqual([undefined])
      }
    },

  'who asked the store before a load landed does not load again': async (core) => {
    const setting = far(core)
    const { cache, net } = setting
    const source = held('value')
    const first = cache.getOrSet('k', source.load)
    await setting.flow()
    const second = cache.getOrSet('k', source.load)
    await turns(40)
    const asked = net.parcels.slice()
    for (const each of asked) each.apply()

    source.release()
    await turns(40)
    for (const each of net.parcels.filter((one) => !asked.includes(one))) each.answer()
    await turns(40)
    for (const each of asked) each.answer()
    await setting.flow()
    if (source.calls.length > 1) source.release()

    expect(await first).toBe('value')
    expect(await second).toBe('value')
    expect(source.calls).toHaveLength(1)
  },

  'an entry without the mark of its namespace is not believed': async (core) => {
    const setting = far(core)
    setting.place.set('larder:k', entryOf<unknown>('foreign', Infinity, termsOf(0, 0, [])))

    expect(await flowing(setting, setting.cache.get('k'))).toBe(undefined)
  },

  'nothing is asked of a store that was closed': async (core) => {
    const setting = far(core)
    const { cache, net, clock } = setting
    await flowing(setting, cache.set('other', 0)) // the marks are known
    const first = cache.set('k', 1)
    await turns(40)
    setting.parcel('getMany').answer()
    await turns(40)
    const second = cache.set('k', 2)
    await turns(40)
    expect(net.parcels.map(({ what }) => what)).toEqual(['set larder:k'])
    const closed = cache.close({ drain: 100 })
    await clock.advance(150)
    await clock.advance(150)
    await closed

    setting.parcel('set larder:k').answer()
    await turns(40)
    await clock.advance(60_000)
    await turns(40)

    expect(net.parcels.map(({ what }) => what)).toEqual([])
    expect([(await first).far, (await second).far]).toEqual(['queued', 'queued'])
  },

  'a namespace inside one that is cleared goes on as an empty one': async (core) => {
    const below = memory()
    // One that cannot clear: all that is left is what the marks say.
    const store: Store<Entry> = {
      name: 'near',
      sync: true,
      get: (key) => below.get(key),
      set: (key, record, ttl) => below.set(key, record, ttl),
      delete: (key) => below.delete(key),
    }
    const cache = core.createCache({ store })
    const inner = cache.namespace('a').namespace('b')
    await inner.set('k', 'old')

    await cache.clear()

    expect(await inner.get('k')).toBe(undefined)
    await inner.set('k', 'new')
    expect(await inner.get('k')).toBe('new')
  },

  'two handles of a namespace are one namespace': async (core) => {
    const { cache } = near(core)
    const source = held('old')
    const loaded = cache.namespace('a').getOrSet('k', source.load)
    await cache.namespace('a').delete('k')
    source.release()

    expect(await loaded).toBe('old')
    expect(await cache.namespace('a').get('k')).toBe(undefined)
  },

  'a tag that this process can no longer remember counts as invalidated': async (core) => {
    const { cache } = near(core)
    await cache.set('k', 'old', { tags: ['first'] })
    for (let i = 0; i <= 100_000; i++) await cache.set('other', i, { tags: [`t${i}`] })

    await cache.invalidateTags('first')

    expect(await cache.get('k')).toBe(undefined)
    expect(await cache.get('other')).toBe(100_000)
  },

  'a hard timeout frees the key, and what the load then brings is not stored': async (core) => {
    const { cache, clock } = near(core)
    const source = held<string>()
    const first = cache.getOrSet('k', source.load, { loadTimeout: { hard: 100 } })
    first.catch(() => {})
    await turns(40)

    await clock.advance(150)
    await expect(Promise.race([first, turns(40)])).rejects.toThrow('took longer than 100 ms')
    const second = cache.getOrSet('k', source.load)
    await turns(40)
    expect(source.calls).toHaveLength(2)
    source.release('late')
    await turns(40)
    expect(await cache.get('k')).toBe(undefined)
    source.release('new')

    expect(await second).toBe('new')
    expect(await cache.get('k')).toBe('new')
  },

  'a load is aborted when the last who waits for it has left, and not before': async (core) => {
    for (const last of ['leaves', 'stays'] as const) {
      const { cache } = near(core)
      const source = held('value')
      const one = new AbortController()
      const other = new AbortController()
      const first = cache.getOrSet('k', source.load, { signal: one.signal })
      const second = cache.getOrSet('k', source.load, last === 'leaves' ? { signal: other.signal } : {})
      const { args } = await source.started
      const { signal } = args[0]

      one.abort(new Error('gone'))
      await expect(first).rejects.toThrow('gone')
      expect(signal.aborted).toBe(false)
      if (last === 'leaves') {
        other.abort(new Error('gone too'))
        await expect(second).rejects.toThrow('gone too')
        expect(signal.aborted).toBe(true)
      } else {
        source.release()
        expect(await second).toBe('value')
      }
    }
  },

  'a loader that asks for its own key fails at once, however deep it asks': async (core) => {
    for (const open of [near, far]) {
      const setting = open(core)
      const { cache, clock } = setting
      const nothing = async (): Promise<void> => {}
      const flow = 'flow' in setting ? (setting as Setting).flow : nothing
      const direct = cache.getOrSet('k', () => cache.getOrSet('k', () => 1))
      const deep = cache.getOrSet('l', () => cache.getOrSet('m', () => cache.getOrSetMany(['l'], () => [1])))
      const outcomes = Promise.allSettled([direct, deep])
      for (let round = 0; round < 4; round++) {
        await turns(100)
        await flow()
      }
      await clock.advance(61_000)

      for (const outcome of await outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'LOAD_RECURSION' } })
      }
    }
  },

  'undefined is handed back, and not kept': async (core) => {
    const { cache, store } = near(core)
    let loads = 0
    const load = (): undefined => void loads++

    expect(await cache.getOrSet('k', load)).toBe(undefined)
    expect(await cache.getOrSet('k', load)).toBe(undefined)
    expect(await cache.getOrSetMany(['k'], () => [load()])).toEqual([undefined])

    expect(loads).toBe(3)
    expect(store.usage?.().entries).toBe(0)
  },

  'a value that was deleted while its load was slow is not served stale': async (core) => {
    const setting = far(core)
    const { cache, clock } = setting
    await flowing(setting, cache.set('k', 'old', { ttl: 10, staleIfError: '1h' }))
    await clock.advance(20)
    const source = held<string>()
    const asked = cache.getOrSet('k', source.load)
    asked.catch(() => {})
    await setting.flow()

    await flowing(setting, cache.delete('k'))
    source.fail(new Error('the source fails'))

    await expect(asked).rejects.toThrow('the source fails')
  },

  'what is invalidated while it is loaded is not stored, and the books say so': async (core) => {
    const { cache, store } = near(core)
    const source = held('old')
    const loaded = cache.getOrSet('k', source.load, { tags: ['t'] })
    await turns(40)
    await cache.invalidateTags('t')
    source.release()

    expect(await loaded).toBe('old')
    expect(store.usage?.().entries).toBe(0)
    expect(cache.stats().fenced).toBe(1)
  },

  'a value that is kept can still be invalidated by the tags it had': async (core) => {
    for (const open of [near, far]) {
      const setting = open(core)
      const { cache, clock } = setting
      const flow = 'flow' in setting ? (setting as Setting).flow : async (): Promise<void> => {}
      const doing = async <T>(promise: Promise<T>): Promise<T> => {
        await flow()
        return promise
      }
      await doing(
        cache.getOrSet('k', (context) => (context.tags('t'), 'old'), { ttl: 10, staleIfError: '1h' }),
      )
      await clock.advance(20)
      expect(await doing(cache.getOrSet('k', (context) => context.keep()))).toBe('old')
      expect(await doing(cache.get('k'))).toBe('old')

      await doing(cache.invalidateTags('t'))

      expect(await doing(cache.get('k'))).toBe(undefined)
    }
  },

  'who asks after an invalidation does not share the answer to a question from before it': async (core) => {
    const place = new Place()
    const elsewhere = far(core, {}, place)
    await flowing(elsewhere, elsewhere.cache.set('k', 'old'))
    const setting = far(core, {}, place) // a process that knows no marks yet
    const { cache, net, parcel } = setting

    const before = cache.get('k')
    await turns(40)
    parcel('getMany larder:k').apply()
    const cleared = cache.clear()
    await turns(40)
    const after = cache.get('k')
    await turns(40)
    const questions = net.parcels.filter(({ what }) => what.startsWith('getMany'))
    for (const each of net.parcels.filter(({ what }) => what.startsWith('delete'))) each.answer()
    await turns(40)
    for (const each of questions) each.answer()
    await setting.flow()
    await cleared

    expect(['old', undefined]).toContain(await before)
    expect(await after).toBe(undefined)
  },

  'an entry from before an invalidation stays invalid when its mark is minted anew': async (core) => {
    const setting = far(core, { tags: ['t'] })
    const { cache } = setting
    await flowing(setting, cache.set('k', 'old'))
    await flowing(setting, cache.invalidateTags('t'))
    await flowing(setting, cache.set('l', 'new'))

    expect(await flowing(setting, cache.getMany(['k', 'l']))).toEqual([undefined, 'new'])
  },

  'what was loaded under a mark that the store refused is not stored': async (core) => {
    const setting = far(core)
    const { cache, net, place } = setting
    const source = held('value')
    const loaded = cache.getOrSet('k', source.load)
    await turns(40)
    setting.parcel('getMany').answer()
    await turns(40)
    for (const each of net.parcels.slice()) each.fail(new Error('refused'))
    await setting.flow()
    source.release()
    await setting.flow()

    expect(await loaded).toBe('value')
    expect([...place.records.keys()]).not.toContain('larder:k')
  },

  'a caller who sees another mark does not join a load that began under the old one': async (core) => {
    const place = new Place()
    const here = far(core, {}, place)
    const there = far(core, {}, place)
    const source = held()
    const how = { tags: ['t'] }
    const before = here.cache.getOrSet('k', source.load, how)
    await here.flow()

    await flowing(there, there.cache.invalidateTags('t'))
    await flowing(there, there.cache.set('l', 1, how))
    const after = here.cache.getOrSet('k', source.load, how)
    await here.flow()
    source.calls.forEach((call, i) => call.release(i === 0 ? 'old' : 'new'))
    await here.flow()

    expect(await before).toBe('old')
    expect(await after).toBe('new')
  },

  'a value that was deleted after the store was asked three times is not offered to the load': async (
    core,
  ) => {
    const { schema, say } = slowSchema()
    const setting = far(core)
    const { cache, clock } = setting
    await flowing(setting, cache.set('k', 'old', { ttl: 10, staleIfError: '1h' }))
    await clock.advance(20)
    const revalidated = held()
    const how = { schema: schema as never, staleIfError: '1h' } as const
    const before = cache.getOrSet(
      'k',
      async (context) => {
        await revalidated.load(context)
        return context.stale === undefined ? 'new' : context.keep()
      },
      how,
    )
    for (const disturb of ['expire', 'expire', 'delete'] as const) {
      await setting.flow()
      await flowing(setting, cache[disturb]('k'))
      for (const each of say.splice(0)) each()
    }
    await setting.flow()
    await revalidated.started

    setting.net.state = 'down'
    const after = cache.getOrSet('k', () => 'new')
    await setting.flow()
    revalidated.release(1)
    await setting.flow()
    for (const each of say.splice(0)) each()
    await setting.flow()

    await before
    expect(await after).toBe('new')
  },

  'a deletion waits for a set that has missed its deadline': async (core) => {
    const setting = far(core)
    const { cache, clock, parcel } = setting
    await flowing(setting, cache.set('other', 0)) // the marks are known
    const written = cache.set('k', 'old')
    await turns(40)
    parcel('getMany').answer()
    await turns(40)
    const set = parcel('set larder:k')
    await clock.advance(150)
    expect((await written).far).toBe('queued')

    const deleted = cache.delete('k')
    await turns(40)
    for (const each of setting.net.parcels.filter((one) => one !== set)) each.answer()
    set.answer()
    await setting.flow()
    await deleted

    expect(await flowing(setting, cache.get('k'))).toBe(undefined)
  },

  'who asks after a deletion does not share the answer to a question from before it': async (core) => {
    const setting = far(core)
    const { cache, net, parcel } = setting
    await flowing(setting, cache.set('k', 'old'))
    const before = cache.get('k')
    await turns(40)
    const question = parcel('getMany larder:k')
    question.apply()
    const deleted = cache.delete('k')
    await turns(40)
    parcel('delete larder:k').answer()
    await turns(40)
    await deleted

    const after = cache.get('k')
    await turns(40)
    for (const each of net.parcels.filter((one) => one !== question)) each.answer()
    question.answer()
    await turns(40)

    expect(await before).toBe('old')
    expect(await after).toBe(undefined)
  },

  'a set is undone by an invalidation that was called after it': async (core) => {
    for (const invalidate of [
      (cache: ICache) => cache.invalidateTags('t'),
      (cache: ICache) => cache.clear(),
    ]) {
      const setting = far(core)
      const { cache } = setting
      const written = cache.set('k', 'old', { tags: ['t'] })
      await turns(40)
      const invalidated = invalidate(cache)
      await turns(40)
      // The invalidation is through before the set has asked for the marks.
      for (const each of setting.net.parcels.filter(({ what }) => what.startsWith('delete'))) each.answer()
      await turns(40)
      for (const each of setting.net.parcels.filter(({ what }) => what.startsWith('delete'))) each.answer()
      await setting.flow()
      await Promise.all([written, invalidated])

      expect(await flowing(setting, cache.get('k'))).toBe(undefined)
    }
  },

  'an entry whose mark is gone is not believed': async (core) => {
    const setting = far(core)
    const { cache, place } = setting
    for (const mark of ['larder#:', 'larder#=t']) {
      await flowing(setting, cache.set('k', 'old', { tags: ['t'] }))
      place.records.delete(mark)

      expect(await flowing(setting, cache.get('k'))).toBe(undefined)
    }
  },

  'a caller who has asked the store does not join a load that began without it': async (core) => {
    const place = new Place()
    const here = far(core, {}, place)
    const there = far(core, {}, place)
    const source = held()
    const before = here.cache.getOrSet('k', source.load)
    await turns(40)
    await here.clock.advance(150) // the store takes too long: what the load brings cannot be fenced against others
    await source.started

    await flowing(there, there.cache.clear())
    const after = here.cache.getOrSet('k', source.load)
    await here.flow()
    source.calls.forEach((call, i) => call.release(i === 0 ? 'old' : 'new'))
    await here.flow()

    expect(await before).toBe('old')
    expect(await after).toBe('new')
  },

  'a load that everybody has left before it began does not begin': async (core) => {
    const setting = far(core)
    const { cache, clock, parcel } = setting
    const source = held('value')
    const asked = cache.getOrSet('k', source.load, { loadTimeout: { hard: 50 } })
    asked.catch(() => {})
    await turns(40)
    parcel('getMany').answer()
    await turns(40)
    await clock.advance(60)
    await expect(asked).rejects.toThrow('took longer than 50 ms')
    await setting.flow()

    expect(source.calls).toHaveLength(0)
  },

  'callers share a load though an answer about its mark was late': async (core) => {
    const setting = far(core)
    const { cache, net } = setting
    const source = held('value')
    const first = cache.getOrSet('k', source.load)
    await turns(40)
    setting.parcel('getMany').answer()
    await turns(40) // the marks are being minted
    const elsewhere = cache.get('l')
    await turns(40)
    const question = setting.parcel('getMany larder:l')
    question.apply() // before there were any marks
    for (const each of net.parcels.filter((one) => one !== question)) each.answer()
    await source.started
    question.answer()
    await setting.flow()

    const second = cache.getOrSet('k', source.load)
    await setting.flow()
    for (const call of source.calls) call.release()
    await setting.flow()

    expect(await Promise.all([first, second, elsewhere])).toEqual(['value', 'value', undefined])
    expect(source.calls).toHaveLength(1)
  },

  'what a closed cache has left in a store is nothing to the next cache on it': async (core) => {
    const entries = new Map<string, Entry>()
    const store: Store<Entry> = {
      name: 'a map that nobody closes',
      sync: true,
      get: (key) => entries.get(key),
      set: (key, entry) => void entries.set(key, entry),
      delete: (key) => void entries.delete(key),
    }
    for (const how of ['invalidateTags', 'clear'] as const) {
      const before = core.createCache({ store })
      await before.set('k', 'old', { tags: ['t'] })
      await before.namespace('inner').set('k', 'old', { tags: ['t'] })
      await before.close()

      // It does not know the marks of the other, so it could not reach what carries them.
      const after = core.createCache({ store })
      if (how === 'clear') await after.clear()
      else await after.invalidateTags('t')

      expect(await after.get('k')).toBe(undefined)
      expect(await after.namespace('inner').get('k')).toBe(undefined)
      await after.close()
    }
  },

  'tags that are changed in a list which is given again are the new ones': async (core) => {
    const { cache } = near(core)
    const tags = ['a']
    await cache.getOrSet('k', () => 'of a', { tags })
    tags[0] = 'b'
    await cache.getOrSet('l', () => 'of b', { tags })
    await cache.invalidateTags('b')
    expect([await cache.get('k'), await cache.get('l')]).toEqual(['of a', undefined])
  },
} satisfies Record<string, Scenario>
