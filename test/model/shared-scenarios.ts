/*
 * Scenarios of several processes on a store with leases, and with a channel: each is one race, told step by step.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { held } from '@larder/testing'
import { expect } from 'vitest'
import type { Core } from './history.ts'
import { MAX_STALENESS, now, type Office, office } from './office.ts'
import type { Scenario } from './scenarios.ts'
import { turns } from './world.ts'

/** The engine's. */
const LEASE = 3_000
const LONGEST_LOOK = 250

/** A record of `k` that is stale, and kept for loads that fail. */
async function withStale({ here, clock }: Office): Promise<void> {
  await here.flowing(here.cache.set('k', 'stale', { ttl: 10, staleIfError: '1h', tags: ['s'] }))
  await clock.advance(20)
}

/** Two processes of which the first believes what it remembers: that `k` has the tag `t`. */
async function trusting(core: Core): Promise<Office> {
  const all = office(core, 'changes')
  for (const desk of all.desks) await desk.hear()
  const { here, there } = all
  await there.flowing(there.cache.set('k', 'old', { tags: ['t'] }))
  await here.hear()
  // Twice: what is remembered is used from then on.
  for (const _ of [1, 2]) expect(await here.flowing(here.cache.get('k'))).toBe('old')
  return all
}

export const sharedScenarios = {
  'who comes after a deletion elsewhere does not share a load from before it': async (core) => {
    const { here, there } = office(core)
    const source = held<string>()
    const before = here.cache.getOrSet('k', source.load)
    await here.flow()
    await there.flowing(there.cache.delete('k'))
    const after = here.cache.getOrSet('k', source.load)
    await here.flow()
    source.calls.forEach((call, i) => call.release(i === 0 ? 'old' : 'new'))
    await here.flow()

    expect(await before).toBe('old')
    expect(await after).toBe('new')
    expect(await there.flowing(there.cache.get('k'))).toBe('new')
  },

  'who comes after a deletion elsewhere is not answered by what a waiting load had asked for before it':
    async (core) => {
      const { here, there, clock } = office(core)
      const theirs = held<string>()
      const loading = there.cache.getOrSet('k', theirs.load)
      await there.flow()
      const ours = held<string>()
      const before = here.cache.getOrSet('k', ours.load)
      await here.flow() // it is told that another process loads, and waits
      theirs.release('old')
      await there.flow()
      await clock.advance(LONGEST_LOOK)
      await turns(60)
      const [look] = here.parcels('read')
      look?.apply()
      await there.flowing(there.cache.delete('k'))
      const after = here.cache.getOrSet('k', ours.load)
      await turns(60)
      for (const each of here.parcels('')) if (each !== look) each.answer()
      await turns(60)
      await here.flow()
      for (const call of ours.calls) call.release('new')
      await here.flow()

      expect(await now(loading)).toBe('old')
      expect(await now(before)).toBe('old')
      expect(await now(after)).toBe('new')
    },

  'who finds a stale record shares the load under way while that has its lease, and not any more after that':
    async (core) => {
      for (const disturb of [false, true]) {
        const all = office(core)
        const { here, there, clock } = all
        await withStale(all)
        const source = held<string>()
        const before = here.cache.getOrSet('k', source.load)
        await here.flow()
        if (disturb) {
          await there.flowing(there.cache.set('k', 'newer', { ttl: 10, staleIfError: '1h' }))
          await clock.advance(20)
        }
        const after = here.cache.getOrSet('k', source.load)
        await here.flow()
        source.calls.forEach((call, i) => call.release(`load ${i}`))
        await here.flow()

        expect(await now(before)).toBe('load 0')
        expect(await now(after)).toBe(disturb ? 'load 1' : 'load 0')
        expect(source.calls).toHaveLength(disturb ? 2 : 1)
      }
    },

  'who finds a stale record shares the load under way also if that is not stored': async (core) => {
    const all = office(core)
    const { here } = all
    await withStale(all)
    const source = held('value')
    const load = async (context: { skip(): void }): Promise<string> => {
      context.skip()
      return source.load(context as never)
    }
    const before = here.cache.getOrSet('k', load)
    await here.flow()
    const after = here.cache.getOrSet('k', load)
    await here.flow()
    source.release()
    await here.flow()

    expect(await now(before)).toBe('value')
    expect(await now(after)).toBe('value')
    expect(source.calls).toHaveLength(1)
  },

  'who finds a stale record does not share a load that could not take a lease, if he gets one': async (
    core,
  ) => {
    const all = office(core)
    const { here, there, clock } = all
    await withStale(all)
    const source = held<string>()
    const before = here.cache.getOrSet('k', source.load)
    await turns(60)
    for (const each of await here.flowTo('take')) each.fail(new Error('refused'))
    await here.flow()
    await there.flowing(there.cache.set('k', 'newer', { ttl: 10, staleIfError: '1h' }))
    await clock.advance(20)
    const after = here.cache.getOrSet('k', source.load)
    await here.flow()
    source.calls.forEach((call, i) => call.release(i === 0 ? 'old' : 'new'))
    await here.flow()

    expect(await before).toBe('old')
    expect(await after).toBe('new')
    expect(await there.flowing(there.cache.get('k'))).toBe('new')
  },

  'a load without a lease is not stored': async (core) => {
    const all = office(core)
    const { here, there } = all
    await withStale(all)
    const source = held('old')
    const loaded = here.cache.getOrSet('k', source.load)
    await turns(60)
    for (const each of await here.flowTo('take')) each.fail(new Error('refused'))
    await here.flow()
    await there.flowing(there.cache.delete('k'))
    source.release()
    await here.flow()

    expect(await loaded).toBe('old')
    expect(await there.flowing(there.cache.get('k'))).toBe(undefined)
  },

  'a load whose lease was lost is answered, and not stored': async (core) => {
    const { here, there, place } = office(core)
    const source = held('value')
    const loaded = here.cache.getOrSet('k', source.load)
    await here.flow()
    place.leases.delete('larder:k')
    source.release()
    await here.flow()

    expect(await loaded).toBe('value')
    expect(await there.flowing(there.cache.get('k'))).toBe(undefined)
    expect(here.cache.stats().fenced).toBe(1)
  },

  'who comes after an invalidation does not get a load from before it by way of one that shared it': async (
    core,
  ) => {
    const all = office(core)
    const { here, there } = all
    await withStale(all)
    const source = held<string>()
    const first = here.cache.getOrSet('k', source.load)
    await here.flow()
    const second = here.cache.getOrSet('k', source.load)
    await here.flow()
    await there.flowing(there.cache.delete('k'))
    const third = here.cache.getOrSet('k', source.load)
    await here.flow()
    source.calls.forEach((call, i) => call.release(i === 0 ? 'old' : 'new'))
    await here.flow()

    expect([await first, await second, await third]).toEqual(['old', 'old', 'new'])
  },

  'who finds out that a load is still good does not take a tag from it that was invalidated before': async (
    core,
  ) => {
    const all = office(core)
    const { here, clock } = all
    await withStale(all)
    const source = held<string>()
    const load = async (context: { tags(tag: string): void }): Promise<string> => {
      context.tags('t')
      return source.load(context as never)
    }
    const before = here.cache.getOrSet('k', async (context) => {
      const value = await source.load(context as never)
      context.tags('t')
      return value
    })
    await here.flow()
    await here.flowing(here.cache.invalidateTags('t'))
    const after = here.cache.getOrSet('k', load)
    await here.flow()
    source.release('old')
    await here.flow()
    await clock.advance(LONGEST_LOOK)
    await here.flow()
    for (const call of source.calls) if (!call.isSettled) call.release('new')
    await here.flow()

    expect(await before).toBe('old')
    expect(await after).toBe('new')
  },

  'a loader that asks for its own key fails at once, also if it finds a stale record': async (core) => {
    for (const isStale of [false, true]) {
      const all = office(core)
      const { here, clock } = all
      if (isStale) await withStale(all)
      const asked = here.cache.getOrSet('k', () => here.cache.getOrSet('k', () => 1))
      const other = here.cache.getOrSet('k', () => 2)
      const outcomes = Promise.allSettled([asked, other])
      for (let round = 0; round < 4; round++) {
        await turns(60)
        await here.flow()
      }
      await clock.advance(61_000)
      await here.flow()
      for (const outcome of await outcomes) {
        if (isStale && outcome.status === 'fulfilled') expect(outcome.value).toBe('stale')
        else expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'LOAD_RECURSION' } })
      }
    }
  },

  'a loader that asks for its own key fails at once, also while it is found out whether its load may be shared':
    async (core) => {
      const all = office(core)
      const { here } = all
      await withStale(all)
      const gate = held<void>()
      const first = here.cache.getOrSet('k', async (context) => {
        await gate.load(context as never)
        return here.cache.getOrSet('k', () => 'inside')
      })
      await here.flow()
      const second = here.cache.getOrSet('k', () => 'second')
      await turns(60)
      await here.flowTo('take')
      gate.release()
      await turns(60)
      for (let round = 0; round < 3; round++) {
        for (const each of here.parcels('')) if (!each.what.startsWith('p0 take')) each.answer()
        await turns(60)
      }
      await here.flow()

      expect(await now(first)).toBe('stale') // for a load that has failed
      expect(await now(second)).toBe('second')
    },

  'a loader runs in the context of its own caller, also if many ask in one tick': async (core) => {
    const { here } = office(core)
    const who = new AsyncLocalStorage<string>()
    const seen: [key: string, who: string | undefined][] = []
    const ask = (name: string, key: string): Promise<unknown> =>
      who.run(name, () => here.cache.getOrSet(key, () => void seen.push([key, who.getStore()])))
    const all = Promise.all([
      ask('ann', 'k'),
      ask('bob', 'l'),
      ask('cid', 'k'),
      who.run('dan', () =>
        here.cache.getOrSetMany(['m', 'n'], (keys) =>
          keys.map((key) => void seen.push([key as string, who.getStore()])),
        ),
      ),
    ])
    await here.flowing(all)

    expect(seen.toSorted(([one], [other]) => one.localeCompare(other))).toEqual([
      ['k', 'ann'],
      ['l', 'bob'],
      ['m', 'dan'],
      ['n', 'dan'],
    ])
  },

  'who waits for the load of another process is answered when it is filled': async (core) => {
    for (const hears of ['changes', 'nothing'] as const) {
      const { here, there, clock } = office(core, hears)
      const source = held('value')
      const loading = here.cache.getOrSet('k', source.load)
      await here.flow()
      const waiting = there.cache.getOrSet('k', source.load)
      await there.flow()
      source.release()
      await here.flow()
      if (hears === 'changes') await there.hear()
      else await clock.advance(20)
      await there.flow()
      const answered = await Promise.race([waiting, turns(60)])

      expect(await loading).toBe('value')
      expect(answered).toBe('value')
      expect(source.calls).toHaveLength(1)
    }
  },

  'two processes that are new to a namespace load a key once': async (core) => {
    const { here, there, clock } = office(core)
    const source = held('value')
    const loading = here.cache.getOrSet('k', source.load)
    const waiting = there.cache.getOrSet('k', source.load)
    await turns(60)
    for (const desk of [here, there]) for (const each of desk.parcels('read')) each.answer()
    await turns(60)
    await here.flow()
    await there.flow()
    source.release()
    await here.flow()
    await clock.advance(LONGEST_LOOK)
    await there.flow()
    for (const call of source.calls) if (!call.isSettled) call.release()
    await there.flow()
    await Promise.all([loading, waiting])

    expect(source.calls).toHaveLength(1)
    expect(await there.flowing(there.cache.get('k'))).toBe('value')
  },

  'who waits for a process that died takes its load over, and stores what he loads': async (core) => {
    const { here, there, clock } = office(core)
    here.cache.getOrSet('k', held<string>().load).catch(() => {})
    await here.flow()
    here.line.isDead = true
    const source = held('value')
    const waiting = there.cache.getOrSet('k', source.load)
    await there.flow()
    expect(source.calls).toHaveLength(0)
    for (let passed = 0; passed < LEASE + LONGEST_LOOK; passed += 50) {
      await clock.advance(50)
      await there.flow()
    }
    source.release()

    expect(await there.flowing(waiting)).toBe('value')
    expect(await there.flowing(there.cache.get('k'))).toBe('value')
  },

  'who has waited for too long loads by himself, and stores nothing': async (core) => {
    const { here, there, clock, place } = office(core)
    const slow = here.cache.getOrSet('k', held<string>().load)
    slow.catch(() => {})
    await here.flow()
    const waiting = there.cache.getOrSet('k', () => 'value', { loadTimeout: { hard: 2_000 } })
    for (let passed = 0; passed < 1_000 + LONGEST_LOOK; passed += 50) {
      await clock.advance(50)
      for (const desk of [here, there]) await desk.flow()
    }

    expect(await Promise.race([waiting, turns(60)])).toBe('value')
    expect([...place.records.keys()]).not.toContain('larder:k')
  },

  'the lease of a slow load lasts as long as it runs': async (core) => {
    const { here, there, clock } = office(core)
    const source = held('value')
    const loaded = here.cache.getOrSet('k', source.load)
    await here.flow()
    for (let passed = 0; passed < 4 * LEASE; passed += 500) {
      await clock.advance(500)
      await here.flow()
    }
    source.release()
    await here.flowing(loaded)

    expect(await there.flowing(there.cache.get('k'))).toBe('value')
  },

  'a load that brings nothing to store gives its lease back': async (core) => {
    const ends: readonly ((context: { skip(): void }) => unknown)[] = [
      () => {
        throw new Error('the source fails')
      },
      () => undefined,
      (context) => (context.skip(), 'skipped'),
    ]
    for (const end of ends) {
      const { here, there, place } = office(core)
      await here.flowing(here.cache.getOrSet('k', end).catch(() => {}))

      expect(place.leases.size).toBe(0)
      expect(await there.flowing(there.cache.getOrSet('k', () => 'value'))).toBe('value')
    }
  },

  'a load whose tags were invalidated gives its lease back at once, whoever did that': async (core) => {
    for (const by of ['here', 'there'] as const) {
      const all = office(core, 'changes')
      const { here, there } = all
      await here.hear()
      const doomed = held('old')
      const before = here.cache.getOrSet('k', doomed.load, { tags: ['t'] })
      await here.flow()
      await all[by].flowing(all[by].cache.invalidateTags('t'))
      if (by === 'there') await here.hear()
      await here.flow()

      const after = there.cache.getOrSet('k', () => 'new', { tags: ['t'] })
      await there.flow()
      expect(await Promise.race([after, turns(60)])).toBe('new')
      doomed.release()
      await here.flow()
      expect(await before).toBe('old')
      expect(await there.flowing(there.cache.get('k'))).toBe('new')
    }
  },

  'who sees that a load of his process is doomed does not wait for it': async (core) => {
    const { here, there } = office(core)
    const doomed = held('old')
    const before = here.cache.getOrSet('k', doomed.load, { tags: ['t'] })
    await here.flow()
    await there.flowing(there.cache.invalidateTags('t'))
    const after = here.cache.getOrSet('k', () => 'new', { tags: ['t'] })
    await here.flow()

    expect(await Promise.race([after, turns(60)])).toBe('new')
    doomed.release()
    expect(await here.flowing(before)).toBe('old')
    expect(await there.flowing(there.cache.get('k'))).toBe('new')
  },

  'a load that is given up before it has got its lease leaves none behind': async (core) => {
    const all = office(core)
    const { here, clock, place } = all
    await withStale(all)
    const loaded = here.cache.getOrSet('k', () => 'value', { loadTimeout: { hard: 50 }, staleIfError: '1h' })
    await turns(60)
    const taking = await here.flowTo('take')
    await clock.advance(60)
    for (const each of taking) each.answer()
    await here.flow()

    expect(await now(loaded)).toBe('stale')
    expect(place.leases.size).toBe(0)
  },

  'a load from before its key was expired elsewhere does not make it fresh again': async (core) => {
    const { here, there } = office(core)
    const source = held('old')
    const loaded = here.cache.getOrSet('k', source.load)
    await here.flow()
    await there.flowing(there.cache.expire('k'))
    source.release()

    expect(await here.flowing(loaded)).toBe('old')
    expect(await there.flowing(there.cache.get('k'))).toBe(undefined)
  },

  'what is expired while another process loads it is kept for loads that fail': async (core) => {
    const all = office(core)
    const { here, there } = all
    await withStale(all)
    const source = held('old')
    const loaded = here.cache.getOrSet('k', source.load)
    await here.flow()
    await there.flowing(there.cache.expire('k'))
    source.release()
    await here.flowing(loaded)

    const failing = there.cache.getOrSet('k', () => Promise.reject(new Error('the source fails')))
    expect(await there.flowing(failing)).toBe('stale')
  },

  'a fill that the store lost gives the lease back': async (core) => {
    const { here, there } = office(core)
    const loaded = here.cache.getOrSet('k', () => 'value')
    await turns(60)
    for (const each of await here.flowTo('fill')) each.fail(new Error('lost'))
    await here.flow()

    expect(await loaded).toBe('value')
    expect(await there.flowing(there.cache.getOrSet('k', () => 'other'))).toBe('other')
  },

  'a value that was filled and deleted while its schema was asked is not shared any more': async (core) => {
    const { here, there, clock } = office(core)
    const say: (() => void)[] = []
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) =>
          new Promise((resolve) => {
            say.push(() => resolve({ value }))
          }),
      },
    } as never
    const source = held('old')
    const loading = here.cache.getOrSet('k', source.load)
    await here.flow()
    const waiting = there.cache.getOrSet('k', () => 'waited', { schema })
    await there.flow()
    source.release()
    await here.flowing(loading)
    await clock.advance(20)
    await there.flow()
    await here.flowing(here.cache.delete('k'))
    const after = there.cache.getOrSet('k', () => 'new', { schema })
    for (let round = 0; round < 5; round++) {
      await there.flow()
      for (const each of say.splice(0)) each()
    }

    expect(await waiting).toBe('old')
    expect(await after).toBe('new')
  },

  'who takes a load over is not offered what was deleted while he waited': async (core) => {
    const all = office(core)
    const { here, there, clock } = all
    await withStale(all)
    const source = held<string>()
    const loading = here.cache.getOrSet('k', source.load)
    await here.flow()
    const offered: unknown[] = []
    const waiting = there.cache.getOrSet('k', ({ stale }) => (offered.push(stale?.value), 'new'))
    await there.flow()
    await here.flowing(here.cache.delete('k'))
    await clock.advance(20)
    await there.flow()
    source.release('old')

    expect(await here.flowing(loading)).toBe('old')
    expect(await there.flowing(waiting)).toBe('new')
    expect(offered).toEqual([undefined])
  },

  'what was touched while it was being expired is not fresh afterwards': async (core) => {
    const { here, there } = office(core)
    await here.flowing(here.cache.set('k', 'old', { ttl: '1m', staleIfError: '1h' }))
    const expired = here.cache.expire('k')
    await turns(60)
    for (const each of here.parcels('seize')) each.answer()
    await turns(60)
    const touched = there.cache.touch('k', '5m')
    await turns(60)
    await there.flowTo('fill')
    await here.flowing(expired)
    await there.flowing(touched)

    for (const { cache, flowing } of [here, there]) expect(await flowing(cache.get('k'))).toBe(undefined)
  },

  'a touch of what is not there robs nobody of his lease': async (core) => {
    const { here, there } = office(core)
    const source = held('value')
    const loading = here.cache.getOrSet('k', source.load)
    await here.flow()
    expect(await there.flowing(there.cache.touch('k', '1m'))).toBe(false)
    source.release()
    await here.flowing(loading)

    expect(await there.flowing(there.cache.get('k'))).toBe('value')
  },

  'loads of many keys leave those alone that are being loaded': async (core) => {
    const all = office(core)
    const { here, there, clock } = all
    await withStale(all)
    const source = held<string>()
    const single = here.cache.getOrSet('k', source.load)
    const elsewhere = there.cache.getOrSet('l', source.load)
    await here.flow()
    await there.flow()
    const asked: unknown[] = []
    const many = here.cache.getOrSetMany(['k', 'l', 'm'], (keys) => {
      asked.push(...keys)
      return keys.map(() => 'many')
    })
    await here.flow()
    for (const call of source.calls) call.release('single')
    for (const { flow } of all.desks) await flow()
    await clock.advance(20)
    for (const { flow } of all.desks) await flow()

    expect([await single, await elsewhere]).toEqual(['single', 'single'])
    expect(await many).toEqual(['single', 'single', 'many'])
    expect(asked).toEqual(['m'])
  },

  'nobody waits for who leaves: closing gives back what had just been asked for': async (core) => {
    for (const what of ['all', 'a namespace'] as const) {
      const { here, there, place } = office(core)
      const inner = here.cache.namespace('a')
      const asked = [inner.getOrSet('k', () => 1), inner.getOrSetMany(['l', 'm'], () => [1, 2])]
      const settled = Promise.allSettled(asked)
      await turns(60)
      const closed = what === 'all' ? here.cache.close() : inner.close()
      await here.flow()
      await closed

      expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      expect([...place.leases.keys()]).toEqual([])
      const value = there.cache.namespace('a').getOrSet('k', () => 2)
      expect(await there.flowing(value)).toBe(2)
    }
  },

  'a load that lands after close asks the store for nothing': async (core) => {
    const { here, clock } = office(core)
    const source = held('late')
    const loaded = here.cache.getOrSet('k', source.load)
    await here.flow()
    await here.flowing(here.cache.delete('k'))
    await here.flowing(here.cache.close())
    source.release()
    await clock.advance(LEASE)
    await here.flow()

    expect(await loaded).toBe('late')
    expect(here.line.tooLate).toBe(undefined)
  },

  // ---- with a channel ------------------------------------------------------------------------------------------------
  'what is remembered is believed while the channel is alive, and asks for nothing but the data': async (
    core,
  ) => {
    const { here } = await trusting(core)
    const asked = here.cache.get('k')
    await turns(60)
    expect(here.parcels('').map(({ what }) => what)).toEqual(['p0 get larder:k'])
    expect(await here.flowing(asked)).toBe('old')
  },

  'what is heard to have changed is not believed': async (core) => {
    const { here, there } = await trusting(core)
    await there.flowing(there.cache.invalidateTags('t'))
    await here.hear()

    expect(await here.flowing(here.cache.get('k'))).toBe(undefined)
  },

  'what was remembered is not believed when nothing has been proven for too long': async (core) => {
    const { here, there, clock } = await trusting(core)
    here.ear.cut()
    await there.flowing(there.cache.invalidateTags('t'))
    await clock.advance(MAX_STALENESS + 1)

    expect(await here.flowing(here.cache.get('k'))).toBe(undefined)
  },

  'what was remembered before a gap is not believed after it': async (core) => {
    const { here, there } = await trusting(core)
    here.ear.cut()
    await there.flowing(there.cache.invalidateTags('t'))
    here.ear.mend()
    await here.hear()

    expect(await here.flowing(here.cache.get('k'))).toBe(undefined)
  },

  'what was learnt before anything was proven is not believed afterwards': async (core) => {
    const { here, there } = office(core, 'changes')
    here.ear.isCut = true // not listening yet
    await there.flowing(there.cache.set('k', 'old', { tags: ['t'] }))
    for (const _ of [1, 2]) expect(await here.flowing(here.cache.get('k'))).toBe('old')
    await there.flowing(there.cache.invalidateTags('t'))
    here.ear.isCut = false
    await here.hear()

    expect(await here.flowing(here.cache.get('k'))).toBe(undefined)
  },

  'a token that was read before it changed, and answered after that was heard, is not believed': async (
    core,
  ) => {
    for (const gap of [false, true]) {
      const { here, there } = office(core, 'changes')
      for (const desk of [here, there]) await desk.hear()
      await there.flowing(there.cache.set('k', 'old', { tags: ['t'] }))
      await here.hear()
      const before = here.cache.get('k')
      await turns(60)
      for (const each of here.parcels('')) each.answer()
      await turns(60)
      const tokens = here.parcels('')
      expect(tokens).toHaveLength(1)
      for (const each of tokens) each.apply()
      if (gap) here.ear.cut()
      await there.flowing(there.cache.invalidateTags('t'))
      if (gap) here.ear.mend()
      await here.hear()
      for (const each of tokens) each.answer()
      await here.flowing(before)

      expect(await here.flowing(here.cache.get('k'))).toBe(undefined)
    }
  },

  'what this process invalidates is not believed by it any more, whatever it remembers': async (core) => {
    const { here } = await trusting(core)
    const invalidated = here.cache.invalidateTags('t')
    expect(await here.flowing(here.cache.get('k'))).toBe(undefined)
    await invalidated
    expect(await here.flowing(here.cache.get('k'))).toBe(undefined)
  },

  'a token on its way to the store does not vouch for another load': async (core) => {
    const { here, there } = office(core, 'changes')
    for (const desk of [here, there]) await desk.hear()
    await there.flowing(there.cache.set('other', 0)) // the marks of the namespace
    await here.hear()
    await here.flowing(here.cache.get('other'))
    const slow = held<string>()
    let row = 'old'
    const load = async (): Promise<string> => {
      const read = row
      await slow.load({} as never)
      return read
    }
    const first = here.cache.getOrSet('k', load, { tags: ['t'] })
    await turns(60)
    for (const each of here.parcels('read')) each.answer()
    await turns(60)
    expect(here.parcels('add')).toHaveLength(1) // the mark of the tag
    const second = here.cache.getOrSet('l', load, { tags: ['t'] })
    await turns(60)
    for (const each of here.parcels('read')) each.answer()
    await turns(60)

    row = 'new'
    await there.flowing(there.cache.invalidateTags('t'))
    await here.flow()
    for (const call of slow.calls) call.release()
    await here.flowing(Promise.all([first, second]))

    expect(await there.flowing(there.cache.getMany(['k', 'l']))).not.toContain('old')
  },

  'of two processes that mint a mark at once the second takes that of the first': async (core) => {
    const { here, there } = office(core, 'changes')
    for (const desk of [here, there]) await desk.hear()
    const mine = here.cache.getOrSet('k', () => 1, { tags: ['t'] })
    const theirs = there.cache.getOrSet('l', () => 2, { tags: ['t'] })
    await turns(60)
    for (const desk of [here, there]) for (const each of desk.parcels('read')) each.answer()
    await turns(60)
    expect([here, there].map((desk) => desk.parcels('add').length)).toEqual([3, 3])
    await Promise.all([here.flowing(mine), there.flowing(theirs)])
    for (const desk of [here, there]) await desk.flow()

    expect(await here.flowing(here.cache.getMany(['k', 'l']))).toEqual([1, 2])
    expect(await there.flowing(there.cache.getMany(['k', 'l']))).toEqual([1, 2])
  },

  'a load without marks is not shared after something was heard to have changed': async (core) => {
    const { here, there } = office(core, 'changes')
    for (const desk of [here, there]) await desk.hear()
    const source = held<string>()
    const before = here.cache.getOrSet('k', source.load)
    await turns(60)
    for (const each of here.parcels('read')) each.answer()
    await turns(60)
    for (const each of here.parcels('add')) each.fail(new Error('refused'))
    await turns(60)
    expect(source.calls).toHaveLength(1)
    await there.flowing(there.cache.clear())
    await here.flow()
    await here.hear()

    const after = here.cache.getOrSet('k', source.load)
    await here.flow()
    source.calls.forEach((call, i) => call.release(i === 0 ? 'old' : 'new'))
    await here.flow()
    expect(await before).toBe('old')
    expect(await after).toBe('new')
  },

  'a mark is asked for once in a tick, whoever needs it': async (core) => {
    const { here } = office(core)
    const inner = here.cache.namespace('a')
    const asked = Promise.all([here.cache.get('k'), here.cache.get('k'), inner.get('l')])
    await turns(60)
    expect(here.parcels('').map(({ what }) => what.split(' ').slice(2).toSorted())).toEqual([
      ['larder#:', 'larder#~', 'larder/a#:', 'larder/a#~', 'larder/a:l', 'larder:k'],
    ])
    await here.flowing(asked)
  },
} satisfies Record<string, Scenario>
