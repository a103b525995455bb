/*
 * An office: processes that share a place, told step by step what they ask for and what they hear. For scenarios.
 */

import { type createCache, type CacheEvent, type ICache, type Store, type Entry } from '@larder/core'
import { memory } from '@larder/memory'
import { manualClock, type ManualClock } from '@larder/testing'
import { tiered, type TieredOptions } from '@larder/tiered'
import { expect } from 'vitest'
import { Ear, Line, SharedPlace, sharedStore } from './far.ts'
import type { Core } from './history.ts'
import { Net, turns } from './world.ts'

type Options = Partial<Parameters<typeof createCache>[0]>

/** One process. */
export interface Desk {
  readonly cache: ICache
  readonly store: Store<Entry>
  /** What has happened in it, where there are tiers. */
  readonly events: readonly CacheEvent[]
  readonly ear: Ear
  readonly line: Line
  /** Answers all that it has asked for, in order, until nothing more comes. */
  readonly flow: () => Promise<void>
  /** Does so until it has asked for what `what` names. */
  readonly flowTo: (what: string) => Promise<Net['parcels']>
  /** What `promise` brings, while that goes on, and before any time passes. */
  readonly flowing: <T>(promise: Promise<T>) => Promise<T>
  /** What it has asked for that `what` names. */
  readonly parcels: (what: string) => Net['parcels']
  /** It asks whether it has heard everything, and hears it. */
  readonly hear: () => Promise<void>
}

export interface Office {
  readonly clock: ManualClock
  readonly net: Net
  readonly place: SharedPlace
  readonly desks: readonly Desk[]
  readonly here: Desk
  readonly there: Desk
}

export const MAX_STALENESS = 250

/** `tiers`: how each process keeps copies, if it does. */
export function office(
  core: Core,
  hears: 'changes' | 'nothing' = 'nothing',
  options: Options = {},
  tiers?: Partial<TieredOptions>,
): Office {
  const clock = manualClock()
  const net = new Net(clock)
  const place = new SharedPlace(clock)
  const hasChannel = hears === 'changes'
  const isWhole = tiers !== undefined
  const facts = {
    bulk: true,
    adds: hasChannel || isWhole,
    inParts: false,
    isWhole,
    maxStaleness: MAX_STALENESS,
  }
  const open = (process: number): Desk => {
    const ear = new Ear(hasChannel)
    const line = new Line(net, process)
    place.ears.push(ear)
    place.lines.push(line)
    const far = sharedStore(place, ear, line, facts)
    const store = tiers === undefined ? far : inTiers(far, clock, tiers)
    const cache = core.createCache({ store, clock, ...options })
    const events: CacheEvent[] = []
    if (tiers !== undefined) cache.on((event) => events.push(event))
    const parcels = (what: string): Net['parcels'] =>
      net.parcels.filter((each) => each.what.startsWith(`p${process} ${what}`))
    const flow = async (): Promise<void> => {
      await turns(60)
      for (let own = parcels(''); own.length > 0; own = parcels('')) {
        for (const each of own) each.answer()
        await turns(60)
      }
    }
    const flowing = async <T>(promise: Promise<T>): Promise<T> => {
      promise.catch(() => {})
      await flow()
      return now(promise)
    }
    const flowTo = async (what: string): Promise<Net['parcels']> => {
      for (let rounds = 0; rounds < 9 && parcels(what).length === 0; rounds++) {
        for (const each of parcels('')) each.answer()
        await turns(60)
      }
      expect(parcels(what)).not.toEqual([])
      return parcels(what)
    }
    const hear = async (): Promise<void> => {
      ear.beat(clock.now())
      while (ear.next !== undefined) ear.hear()
      await turns(60)
    }
    return { cache, events, store, ear, line, flow, flowTo, flowing, parcels, hear }
  }
  const [here, there] = [open(0), open(1)]
  return { clock, net, place, here, there, desks: [here, there] }
}

function inTiers(far: Store<Entry>, clock: ManualClock, tiers: Partial<TieredOptions>): Store<Entry> {
  // Sweeping only gives space back, and its timers would count as the engine's.
  const near = memory({ clock: { ...clock, after: () => () => {} } })
  return tiered({ near, far, maxStaleness: MAX_STALENESS, ...tiers })
}

/** What `promise` has brought. */
export async function now<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  const come = await Promise.race([promise.then((value) => ({ value })), turns(60)])
  if (come === undefined) throw new Error('it has not come')
  return come.value
}
