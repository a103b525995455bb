/*
 * Scenarios of processes that keep copies: each is one way in which a copy could be older than it may be, or one thing that
 * copies are for, told step by step.
 */

import { type ICache, valueRefused } from '@larder/core'
import { held } from '@larder/testing'
import type { TieredOptions } from '@larder/tiered'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'vitest'
import type { Core } from './history.ts'
import { type Desk, MAX_STALENESS, now, type Office, office } from './office.ts'
import { type Scenario, slowSchema } from './scenarios.ts'
import { turns } from './world.ts'

type How = Partial<TieredOptions>

/** Two processes that hear of each other. */
async function hearing(core: Core, how: How = {}): Promise<Office> {
  const all = office(core, 'changes', {}, how)
  for (const desk of all.desks) await desk.hear()
  return all
}

/** The second has set `k`, and the first has a copy of it. */
async function withCopy(all: Office): Promise<Office> {
  const { here, there } = all
  await there.flowing(there.cache.set('k', 'old', { tags: ['t'], staleIfError: '1s' }))
  await here.hear()
  expect(await here.flowing(here.cache.get('k'))).toBe('old')
  expect(here.cache.peek('k')).toBe('old')
  return all
}

/** The second has set `k` under a tag; the first has been told of its record, and asks for the token of the tag. */
async function askingForTag(here: Desk, there: Desk): Promise<{ readonly asked: Promise<unknown> }> {
  await there.flowing(there.cache.set('k', 'old', { tags: ['t'] }))
  await here.hear()
  const asked = here.cache.get('k')
  await turns(60)
  for (const each of here.parcels('')) each.answer()
  await turns(60)
  return { asked }
}

/** Time goes by, and everybody is told that nothing was missed. */
async function passing({ clock, desks }: Office, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 100) {
    await clock.advance(Math.min(100, left))
    for (const { hear } of desks) await hear()
  }
}

/** The same, when the second need not say again what it has set. */
async function withOldCopy(all: Office): Promise<Office> {
  await all.there.flowing(all.there.cache.set('k', 'old', { tags: ['t'], staleIfError: '1s' }))
  await all.clock.advance('3m')
  for (const { hear } of all.desks) await hear()
  expect(await all.here.flowing(all.here.cache.get('k'))).toBe('old')
  return all
}

/** A process finds the place that has replaced the other. */
async function found(desk: Desk): Promise<void> {
  desk.line.isAway = false
  desk.ear.mend()
  await desk.flow()
  await desk.hear()
}

/** What `work` used and nobody holds is gone afterwards. */
async function lettingGo<T>(work: () => Promise<T>): Promise<T> {
  const result = await work()
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  for (let i = 0; i < 8; i++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return result
}

/** Everything that makes `k` invalid. */
const INVALIDATIONS: Readonly<Record<string, (cache: ICache) => Promise<unknown>>> = {
  delete: (cache) => cache.delete('k'),
  set: (cache) => cache.set('k', 'new'),
  expire: (cache) => cache.expire('k'),
  tags: (cache) => cache.invalidateTags('t'),
  clear: (cache) => cache.clear(),
}

export const tierScenarios = {
  'what is near is not asked for': async (core) => {
    const { here } = await withCopy(await hearing(core))
    expect(await now(here.cache.get('k'))).toBe('old')
    expect(await now(here.cache.getMany(['k', 'k']))).toEqual(['old', 'old'])
    expect(await now(here.cache.getOrSet('k', () => 'new'))).toBe('old')
    expect(await now(here.cache.getOrSetMany(['k'], () => ['new']))).toEqual(['old'])
    expect(here.parcels('')).toEqual([])
  },

  // ---- sequence --------------------------------------------------------------------------------------------------------
  'what was asked for before an invalidation was heard is not kept after it': async (core) => {
    for (const invalidate of Object.values(INVALIDATIONS)) {
      const { here, there } = await hearing(core)
      await there.flowing(there.cache.set('k', 'old', { tags: ['t'] }))
      await here.hear()
      const asked = here.cache.get('k')
      await turns(60)
      const parcels = here.parcels('')
      for (const each of parcels) each.apply()
      await there.flowing(invalidate(there.cache))
      await here.hear()
      for (const each of parcels) each.answer()
      await here.flowing(asked)

      expect(here.cache.peek('k')).toBe(undefined)
    }
  },

  'what was read before its namespace was cleared is not kept, though its tag was asked for later': async (
    core,
  ) => {
    const { here, there } = await hearing(core)
    const { asked } = await askingForTag(here, there)
    expect(here.parcels('').map(({ what }) => what)).toEqual(['p0 getMany larder#=t'])
    await there.flowing(there.cache.clear())
    await here.hear()
    await here.flowing(asked)
    expect(here.cache.peek('k')).toBe(undefined)
  },

  'what was being loaded when an invalidation was heard is not kept': async (core) => {
    for (const invalidate of Object.values(INVALIDATIONS)) {
      const { here, there } = await hearing(core)
      const source = held('old')
      const loading = here.cache.getOrSet('k', source.load, { tags: ['t'] })
      await here.flow()
      await there.flowing(invalidate(there.cache))
      await here.hear()
      source.release()
      await turns(60)
      expect(here.cache.peek('k')).toBe(undefined)
      expect(await here.flowing(loading)).toBe('old')
      expect(here.cache.peek('k')).toBe(undefined)
    }
  },

  'who asked before more changes than are remembered keeps nothing of it': async (core) => {
    const { here, there, place } = await hearing(core)
    await there.flowing(there.cache.set('k', 'old'))
    await here.hear()
    const asked = here.cache.get('k')
    await turns(60)
    const parcels = here.parcels('')
    for (const each of parcels) each.apply()
    await there.flowing(there.cache.delete('k'))
    for (let i = 0; i < 10_000; i++) place.change(there.ear, `larder:${i}`, undefined)
    await here.hear()
    for (const each of parcels) each.answer()
    await here.flowing(asked)

    expect(here.cache.peek('k')).toBe(undefined)
  },

  'what is heard to have changed elsewhere is not served any more': async (core) => {
    for (const invalidate of Object.values(INVALIDATIONS)) {
      const { here, there } = await withCopy(await hearing(core))
      await there.flowing(invalidate(there.cache))
      await here.hear()
      expect(here.cache.peek('k')).toBe(undefined)
      expect(await here.flowing(here.cache.get('k'))).not.toBe('old')
    }
  },

  'what was cleared further out is not served any more': async (core) => {
    const { here, there } = await hearing(core)
    await there.flowing(there.cache.namespace('a').set('k', 'old'))
    await here.hear()
    const inner = here.cache.namespace('a')
    expect(await here.flowing(inner.get('k'))).toBe('old')
    await there.flowing(there.cache.clear())
    await here.hear()
    expect(inner.peek('k')).toBe(undefined)
  },

  'a touch elsewhere ends a copy that would last longer': async (core) => {
    const all = await withCopy(await hearing(core))
    const { here, there } = all
    await there.flowing(there.cache.touch('k', 300))
    await passing(all, 400)
    expect(here.cache.peek('k')).toBe(undefined)
  },

  'a touch ends the copy that would last longer': async (core) => {
    const all = await withCopy(await hearing(core))
    const { here } = all
    await here.flowing(here.cache.touch('k', 300))
    await passing(all, 400)
    expect(here.cache.peek('k')).toBe(undefined)
  },

  // ---- barrier ---------------------------------------------------------------------------------------------------------
  'what this process invalidates is not served by a copy from that moment on': async (core) => {
    for (const invalidate of Object.values(INVALIDATIONS)) {
      const { here } = await withCopy(await hearing(core))
      const invalidated = invalidate(here.cache)
      expect(here.cache.peek('k')).toBe(undefined)
      expect(await here.flowing(here.cache.get('k'))).not.toBe('old')
      await invalidated
      expect(here.cache.peek('k')).not.toBe('old')
    }
  },

  'what was loaded while an own deletion was on its way ends with its acknowledgement': async (core) => {
    const { here } = await withCopy(await hearing(core))
    const deleted = here.cache.delete('k')
    await turns(60)
    const [parcel] = here.parcels('delete')
    expect(await now(here.cache.getOrSet('k', () => 'of a lagging source'))).toBe('of a lagging source')
    expect(here.cache.peek('k')).toBe('of a lagging source')
    parcel?.answer()
    await now(deleted)
    expect(here.cache.peek('k')).toBe(undefined)
  },

  'what was set is near as soon as it is acknowledged': async (core) => {
    const { here } = await withCopy(await hearing(core))
    const set = here.cache.set('k', 'new')
    expect(here.cache.peek('k')).toBe(undefined)
    expect(await now(here.cache.get('k'))).toBe('new')
    await here.flowing(set)
    expect(here.cache.peek('k')).toBe('new')
  },

  'a set that another process has replaced before it was acknowledged is not kept': async (core) => {
    const { here, there } = await hearing(core)
    const set = here.cache.set('k', 'mine')
    await turns(60)
    const parcels = await here.flowTo('set')
    for (const each of parcels) each.apply()
    await there.flowing(there.cache.set('k', 'theirs'))
    await here.hear()
    for (const each of parcels) each.answer()
    await here.flowing(set)

    expect(here.cache.peek('k')).toBe(undefined)
    expect(await here.flowing(here.cache.get('k'))).toBe('theirs')
  },

  'what a load brings that the place refuses is not kept': async (core) => {
    const { here, there } = office(core, 'nothing', {}, {}) // nobody hears
    const source = held('old')
    const loading = here.cache.getOrSet('k', source.load)
    await here.flow()
    await there.flowing(there.cache.delete('k'))
    source.release()
    await here.flowing(loading)
    expect(here.cache.peek('k')).toBe(undefined)
  },

  'what a load brings that cannot be written is not kept': async (core) => {
    const { here } = await hearing(core)
    const loading = here.cache.getOrSet('k', () => 'value')
    await turns(60)
    for (const each of await here.flowTo('fill')) each.fail(valueRefused('it cannot be written'))
    expect(await here.flowing(loading)).toBe('value')
    expect(here.cache.peek('k')).toBe(undefined)
  },

  'what a load brings is near for a while only, if the place does not say that it has it': async (core) => {
    const all = await hearing(core)
    const { here } = all
    const loading = here.cache.getOrSet('k', () => 'value')
    await turns(60)
    for (const each of await here.flowTo('fill')) each.fail(new Error('lost'))
    expect(await here.flowing(loading)).toBe('value')
    expect(here.cache.peek('k')).toBe('value')
    await passing(all, MAX_STALENESS + 1)
    expect(here.cache.peek('k')).toBe(undefined)
  },

  'a set that cannot be written is told to who set it, and leaves nothing near': async (core) => {
    const { here } = await withCopy(await hearing(core))
    const set = here.cache.set('k', 'new')
    set.catch(() => {})
    await turns(60)
    for (const each of await here.flowTo('set')) each.fail(valueRefused('it cannot be written'))
    await expect(here.flowing(set)).rejects.toThrow('it cannot be written')
    expect(here.cache.peek('k')).toBe(undefined)
    expect(await here.flowing(here.cache.get('k'))).not.toBe('new')
  },

  'a token that was asked for before an own invalidation, and answered after its acknowledgement, is not believed':
    async (core) => {
      const { here, there } = await hearing(core)
      const { asked } = await askingForTag(here, there)
      const [token] = here.parcels('getMany larder#=t')
      token?.apply()
      const invalidated = here.cache.invalidateTags('t')
      await turns(60)
      for (const each of here.parcels('delete')) each.answer()
      await now(invalidated)
      token?.answer()
      await here.flowing(asked)

      expect(here.cache.peek('k')).toBe(undefined)
      expect(await here.flowing(here.cache.get('k'))).toBe(undefined)
    },

  // ---- period ------------------------------------------------------------------------------------------------------------
  'a copy from before a gap does not count after it': async (core) => {
    const { here, there } = await withCopy(await hearing(core))
    here.ear.cut()
    await there.flowing(there.cache.delete('k'))
    here.ear.mend()
    await here.hear()
    expect(here.cache.peek('k')).toBe(undefined)
  },

  'a copy that was asked for before a gap does not count after it': async (core) => {
    const { here, there } = await hearing(core)
    await there.flowing(there.cache.set('k', 'old'))
    await here.hear()
    const asked = here.cache.get('k')
    await turns(60)
    const parcels = here.parcels('')
    for (const each of parcels) each.apply()
    here.ear.cut()
    await there.flowing(there.cache.delete('k'))
    here.ear.mend()
    await here.hear()
    for (const each of parcels) each.answer()
    await here.flowing(asked)
    expect(here.cache.peek('k')).toBe(undefined)
  },

  'a copy of a namespace that was let go does not count when it is opened again': async (core) => {
    const { here, there } = await hearing(core)
    await there.flowing(there.cache.namespace('a').set('k', 'old'))
    await here.hear()
    const gone = await lettingGo(async () => {
      const inner = here.cache.namespace('a')
      expect(await here.flowing(inner.get('k'))).toBe('old')
      return new WeakRef(inner)
    })
    expect(gone.deref()).toBe(undefined)
    await there.flowing(there.cache.namespace('a').delete('k'))
    await here.hear() // nobody is there who could hear it
    expect(here.cache.namespace('a').peek('k')).toBe(undefined)
  },

  // ---- heartbeat ---------------------------------------------------------------------------------------------------------
  'a copy counts while it is proven that nothing was missed': async (core) => {
    const all = await withCopy(await hearing(core))
    await passing(all, 2_000)
    expect(all.here.cache.peek('k')).toBe('old')
  },

  'a copy does not count when nothing has been proven for too long': async (core) => {
    const { here, there, clock } = await withCopy(await hearing(core))
    here.ear.cut()
    await there.flowing(there.cache.delete('k'))
    await clock.advance(MAX_STALENESS + 1)
    expect(here.cache.peek('k')).toBe(undefined)
  },

  'who has slept does not believe a copy for what had been proven before': async (core) => {
    const { here, there, clock } = await withCopy(await hearing(core))
    here.ear.beat(clock.now())
    await there.flowing(there.cache.delete('k'))
    await clock.advance('10s')
    here.ear.hear() // the proof from before
    expect(here.cache.peek('k')).toBe(undefined)
  },

  'where nobody tells of changes a copy counts for a while': async (core) => {
    const { here, there, clock } = await withCopy(office(core, 'nothing', {}, {}))
    await there.flowing(there.cache.delete('k'))
    await clock.advance(MAX_STALENESS)
    expect(here.cache.peek('k')).toBe('old')
    await clock.advance(1)
    expect(here.cache.peek('k')).toBe(undefined)
    expect(await here.flowing(here.cache.get('k'))).toBe(undefined)
  },

  'a copy counts for nearTtl at the most': async (core) => {
    const all = await withCopy(await hearing(core, { nearTtl: '1s' }))
    await passing(all, 900)
    expect(all.here.cache.peek('k')).toBe('old')
    await passing(all, 100)
    expect(all.here.cache.peek('k')).toBe(undefined)
  },

  // ---- while the place does not answer -------------------------------------------------------------------------------------
  'what is loaded while the place does not answer is near for a while, and nobody believes it because of the channel':
    async (core) => {
      for (const state of ['down', 'read-only'] as const) {
        const all = await withCopy(await hearing(core))
        const { here, net } = all
        const source = held('alone')
        net.state = state
        const asked = here.cache.getOrSet('l', source.load)
        await here.flow()
        source.release()
        expect(await here.flowing(asked)).toBe('alone')
        expect(here.cache.peek('l')).toBe('alone')
        expect(await now(here.cache.getOrSet('l', source.load))).toBe('alone')
        net.state = 'up'
        await passing(all, MAX_STALENESS + 1)
        expect(here.cache.peek('l')).toBe(undefined)
        expect(source.calls).toHaveLength(1)
      }
    },

  'what is loaded without a lease is near for a while, and nobody believes it because of the channel': async (
    core,
  ) => {
    const all = await hearing(core)
    const { here, clock } = all
    await here.flowing(here.cache.set('k', 'stale', { ttl: 10, staleIfError: '1h' }))
    await clock.advance(20)
    const asked = here.cache.getOrSet('k', () => 'alone')
    await turns(60)
    for (const each of await here.flowTo('take')) each.fail(new Error('refused'))
    expect(await here.flowing(asked)).toBe('alone')
    expect(here.cache.peek('k')).toBe('alone')
    await passing(all, MAX_STALENESS + 1)
    expect(here.cache.peek('k')).toBe(undefined)
  },

  'what was loaded while the place did not answer ends with the next invalidation of any tag': async (
    core,
  ) => {
    for (const [by, what] of [
      ['here', 'tags'],
      ['here', 'clear'],
      ['there', 'tags'],
      ['there', 'clear'],
    ] as const) {
      const all = await withCopy(await hearing(core))
      const { here, net } = all
      net.state = 'down'
      expect(await here.flowing(here.cache.getOrSet('l', () => 'alone', { tags: ['t'] }))).toBe('alone')
      expect(here.cache.peek('l')).toBe('alone')
      net.state = by === 'here' ? 'down' : 'up'
      const invalidated = INVALIDATIONS[what]?.(all[by].cache)
      if (by === 'there') {
        await all.there.flowing(Promise.resolve(invalidated))
        await here.hear()
      }
      expect(here.cache.peek('l')).toBe(undefined)
    }
  },

  'while the place does not answer a copy is served for as long as staleIfError allows, and that is said':
    async (core) => {
      const { here, net, clock } = await withCopy(await hearing(core, { whenFarIsDown: 'serve-stale' }))
      net.state = 'down'
      await clock.advance(MAX_STALENESS + 1)
      expect(await here.flowing(here.cache.getOrSet('k', () => 'new'))).toBe('old')
      expect(await here.flowing(here.cache.getOrSetMany(['k'], () => ['new']))).toEqual(['old'])
      expect(here.events.filter(({ type }) => type === 'stale')).toHaveLength(2)
      expect(await here.flowing(here.cache.get('k'))).toBe(undefined)
      await clock.advance(1_000)
      expect(await here.flowing(here.cache.getOrSet('k', () => 'new'))).toBe('new')
    },

  'who wants to load while the place does not answer is not served what he did not ask for': async (core) => {
    const { here, net, clock } = await withCopy(await hearing(core))
    net.state = 'down'
    await clock.advance(MAX_STALENESS + 1)
    expect(await here.flowing(here.cache.getOrSet('k', () => 'new'))).toBe('new')
  },

  'a copy is not served in the place of an answer': async (core) => {
    for (const what of ['delete', 'expire']) {
      const { here, there, clock } = await withCopy(await hearing(core, { whenFarIsDown: 'serve-stale' }))
      await there.flowing(Promise.resolve(INVALIDATIONS[what]?.(there.cache)))
      await clock.advance(MAX_STALENESS + 1)
      expect(await here.flowing(here.cache.getOrSet('k', () => 'new'))).toBe('new')
    }
  },

  'a copy that the place had no record of any more is not served when that does not answer': async (core) => {
    const { here, there, net, clock } = await withCopy(
      office(core, 'nothing', {}, { whenFarIsDown: 'serve-stale' }),
    )
    await there.flowing(there.cache.delete('k'))
    await clock.advance(MAX_STALENESS + 1)
    expect(await here.flowing(here.cache.get('k'))).toBe(undefined)
    net.state = 'down'
    expect(await here.flowing(here.cache.getOrSet('k', () => 'new'))).toBe('new')
  },

  'nobody is served what his process has invalidated, though the place does not answer': async (core) => {
    for (const invalidate of Object.values(INVALIDATIONS)) {
      const { here, net, clock } = await withCopy(await hearing(core, { whenFarIsDown: 'serve-stale' }))
      net.state = 'down'
      const invalidated = invalidate(here.cache)
      await here.flow()
      await clock.advance(MAX_STALENESS + 1)
      expect(await here.flowing(here.cache.getOrSet('k', () => 'new'))).toBe('new')
      await here.flowing(invalidated)
    }
  },

  // ---- a place that lacks what was said last -----------------------------------------------------------------------------
  'what a place that replaced another may not know is said again': async (core) => {
    for (const invalidate of Object.values(INVALIDATIONS)) {
      const all = await withOldCopy(await hearing(core))
      const { here, there, place } = all
      place.standBy()
      await here.flowing(invalidate(here.cache))
      place.replace()
      await found(there)
      await found(here)
      await there.hear()
      expect(await there.flowing(there.cache.get('k'))).not.toBe('old')
    }
  },

  'nobody reads what his process has invalidated from a place that replaced another': async (core) => {
    for (const invalidate of Object.values(INVALIDATIONS)) {
      const { here, place } = await withOldCopy(await hearing(core))
      place.standBy()
      await here.flowing(invalidate(here.cache))
      place.replace()
      here.line.isAway = false
      here.ear.mend()
      const asked = here.cache.get('k')
      await turns(60)
      // It may answer the question first.
      for (const each of [...here.parcels('get'), ...here.parcels('read')]) each.answer()
      expect(await here.flowing(asked)).not.toBe('old')
    }
  },

  'where more was said than is remembered the whole namespace is distrusted': async (core) => {
    const { here, there, place } = await withOldCopy(await hearing(core))
    place.standBy()
    const others = Array.from({ length: 10_000 }, (_, i) => `${i}`)
    await here.flowing(here.cache.delete(...others))
    await here.flowing(here.cache.delete('k'))
    place.replace()
    await found(there)
    await found(here)
    await there.hear()
    expect(await there.flowing(there.cache.get('k'))).toBe(undefined)
  },

  'what was said long ago is not said again': async (core) => {
    const all = await withOldCopy(await hearing(core))
    const { here, place, clock } = all
    await here.flowing(here.cache.delete('k', 'l'))
    place.standBy()
    await clock.advance('2m')
    place.replace()
    here.line.isAway = false
    here.ear.mend()
    await turns(60)
    expect(here.parcels('')).toEqual([])
  },

  'a mark that got lost and was minted anew is found out by whoever remembered it': async (core) => {
    const { here, there, place } = await withCopy(await hearing(core))
    place.forget('larder#=t') // nobody is told
    there.ear.cut()
    there.ear.mend()
    await there.hear()
    expect(await there.flowing(there.cache.getOrSet('l', () => 1, { tags: ['t'] }))).toBe(1)
    expect(await here.flowing(here.cache.get('l'))).toBe(1)
  },

  // ---- writing behind --------------------------------------------------------------------------------------------------------
  'who writes behind waits for nobody, and reads what he has written': async (core) => {
    const { here, there } = await withCopy(await hearing(core, { farWrites: 'background' }))
    expect(await now(here.cache.set('k', 'new'))).toEqual({ far: 'queued' })
    expect(await now(here.cache.get('k'))).toBe('new')
    await here.flow()
    await there.hear()
    expect(here.cache.peek('k')).toBe('new')
    expect(await there.flowing(there.cache.get('k'))).toBe('new')
  },

  'what was written behind and cannot be written is said, and not near': async (core) => {
    const { here } = await hearing(core, { farWrites: 'background' })
    expect(await now(here.cache.set('k', 'new'))).toEqual({ far: 'queued' })
    for (const each of await here.flowTo('set')) each.fail(valueRefused('it cannot be written'))
    await here.flow()
    expect(here.events).toContainEqual({ type: 'unstored', cache: 'larder', key: 'k', why: 'refused' })
    expect(here.cache.peek('k')).toBe(undefined)
    expect(await here.flowing(here.cache.get('k'))).toBe(undefined)
  },

  'what was written behind and cannot be written takes away what it was to replace': async (core) => {
    const { here, there } = await withCopy(await hearing(core, { farWrites: 'background' }))
    expect(await now(here.cache.set('k', 'new'))).toEqual({ far: 'queued' })
    for (const each of await here.flowTo('set')) each.fail(valueRefused('it cannot be written'))
    await here.flow()
    await there.hear()
    expect(await here.flowing(here.cache.get('k'))).toBe(undefined)
    expect(await there.flowing(there.cache.get('k'))).toBe(undefined)
  },

  // ---- copies and schemas ----------------------------------------------------------------------------------------------------
  'a copy that has satisfied a schema is not asked again': async (core) => {
    const { here, there } = await hearing(core)
    await there.flowing(there.cache.namespace('a').set('k', 'value'))
    await here.hear()
    let asked = 0
    const validate = (value: unknown): { value: unknown } => {
      asked++
      return { value }
    }
    const schema = { '~standard': { version: 1 as const, vendor: 'test', validate } }
    const typed = here.cache.namespace('a', { schema })
    for (const _ of [1, 2, 3, 4]) expect(await here.flowing(typed.get('k'))).toBe('value')
    expect(asked).toBeLessThanOrEqual(2)
  },

  'a value that satisfies its schema too late brings no copy back': async (core) => {
    const { here, there } = await hearing(core)
    await there.flowing(there.cache.namespace('a').set('k', 'old'))
    await here.hear()
    const plain = here.cache.namespace('a')
    expect(await here.flowing(plain.get('k'))).toBe('old')
    const { schema, say } = slowSchema()
    const asked = here.cache.namespace('a', { schema }).get('k')
    await there.flowing(there.cache.namespace('a').delete('k'))
    await here.hear()
    for (const each of say) each()
    await here.flowing(asked)
    expect(plain.peek('k')).toBe(undefined)
  },

  'a value that satisfies its schema too late does not lend its tags to one that is the same': async (
    core,
  ) => {
    const { here, there } = await hearing(core)
    const [plain, elsewhere] = [here.cache.namespace('a'), there.cache.namespace('a')]
    await there.flowing(elsewhere.set('k', 'same', { tags: ['t'] }))
    await here.hear()
    expect(await here.flowing(plain.get('k'))).toBe('same')
    const { schema, say } = slowSchema()
    const asked = here.cache.namespace('a', { schema }).get('k')
    await there.flowing(elsewhere.set('k', 'same', { tags: ['u'] }))
    await here.hear()
    expect(await here.flowing(plain.get('k'))).toBe('same')
    for (const each of say) each()
    await here.flowing(asked)
    const invalidated = plain.invalidateTags('u')
    expect(plain.peek('k')).toBe(undefined)
    await here.flowing(invalidated)
  },
} satisfies Record<string, Scenario>
