/*
 * Houses: one for each store object, shared by all caches that are created on it, so that two caches of one name are
 * one cache: a `delete` through either stops the loads of both. The last one to close closes the store.
 */

import { cacheClosed } from '../errors.ts'
import type { Channel } from '../store/channel.ts'
import { Deadlines } from '../store/deadline.ts'
import type { Store } from '../store/store.ts'
import { Waiting } from './waiting.ts'
import { Watch } from '../watch/events.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Entry } from './entry.ts'
import { LeaseCalls } from './lease-calls.ts'
import { giveUp } from './loads.ts'
import { isMark, lateMark, tagOfMark } from './marks.ts'
import { Room } from './rooms.ts'
import { pathOf, Recent } from './recent.ts'
import { Rounds } from './rounds.ts'
import { type House, Space } from './space.ts'
import { Trust } from './trust.ts'

interface Shared {
  readonly house: House
  readonly rooms: Room
  users: number
  readonly stopListening: (() => void) | undefined
}

const byStore = new WeakMap<Store<Entry>, Shared>()
/** The memories that hold copies of another store. */
const nears = new WeakSet<Store<Entry>>()

/** A memory of copies is nobody else's: entries and copies would be taken for one another. */
function assertOwnMemory(store: Store<Entry>): void {
  const memories = store.near?.memories ?? []
  const isTaken = memories.some((memory) => nears.has(memory) || byStore.has(memory))
  if (!isTaken && !nears.has(store)) return
  throw new TypeError(
    `createCache: a memory that keeps near copies of another store is used for something else as well: give each a ${memories[0]?.name ?? store.name}() of its own`,
  )
}

/** A cache's hold on its store. */
export class Lease {
  readonly house: House
  isReleased: boolean = false
  readonly #leave: (drain: number) => Promise<void>
  #released: Promise<void> | undefined

  constructor(house: House, leave: (drain: number) => Promise<void>) {
    this.house = house
    this.#leave = leave
  }

  /** Lets go; the last one waits for what is under way, at most `drain` ms, and closes the store. */
  release(drain: number): Promise<void> {
    this.isReleased = true
    this.#released ??= this.#leave(drain)
    return this.#released
  }
}

const STORE_TIMEOUT = 100

/** What a cache was given for its store; undefined where it does not mind. */
export interface Wishes {
  readonly clock: Clock | undefined
  readonly storeTimeout: number | undefined
}

export function openSpace(store: Store<Entry>, path: string, wishes: Wishes): { space: Space; lease: Lease } {
  const shared = byStore.get(store) ?? move(store, wishes)
  assertSame(shared.house, wishes)
  shared.users++
  const room = shared.rooms.inside(path)
  const space = room.space((surviving) => new Space(shared.house, room, undefined, surviving))
  return { space, lease: new Lease(shared.house, (drain) => moveOut(store, shared, space, drain)) }
}

/** Caches on one store have one clock and one timeout: another wish would silently not be met. */
function assertSame({ clock, deadlines }: House, wishes: Wishes): void {
  const problems: string[] = []
  if (wishes.clock !== undefined && wishes.clock !== clock) problems.push('clock')
  if (wishes.storeTimeout !== undefined && wishes.storeTimeout !== deadlines.ms) problems.push('storeTimeout')
  if (problems.length === 0) return
  throw new TypeError(
    `createCache: another cache uses this very store with another ${problems.join(' and ')}: give both the same, or each a store of its own`,
  )
}

function move(store: Store<Entry>, { clock = systemClock, storeTimeout = STORE_TIMEOUT }: Wishes): Shared {
  assertOwnMemory(store)
  for (const memory of store.near?.memories ?? []) nears.add(memory)
  const watch = new Watch()
  const deadlines = new Deadlines(clock, storeTimeout)
  const waiting = new Waiting(clock)
  const leaseCalls = new LeaseCalls(store, waiting, deadlines)
  const house: House = {
    store,
    clock,
    watch,
    deadlines,
    rounds: new Rounds({ store, clock, deadlines, leaseCalls }),
    leaseCalls,
    trust: new Trust(clock, store.channel?.maxStaleness ?? 0),
    waiting,
    recent: store.channel && new Recent(clock),
    isChanged: false,
  }
  store.onRemoval?.((key, cause) => {
    if (!watch.heard) return
    const end = key.indexOf(':')
    watch.emit({ type: 'evict', cache: key.slice(0, end), key: key.slice(end + 1), cause })
  })
  const rooms = new Room('')
  const shared: Shared = {
    house,
    rooms,
    users: 0,
    stopListening: store.channel && listen(store.channel, house, rooms),
  }
  byStore.set(store, shared)
  return shared
}

/** Hears what other processes do to marks, and to records of which there are copies; and of fills that are waited for. */
function listen(channel: Channel, { store, waiting, trust, recent }: House, rooms: Room): () => void {
  return channel.listen(
    {
      believedFor: channel.maxStaleness,
      changed(key) {
        const path = pathOf(key)
        const space = rooms.find(path)
        if (isMark(key)) space?.changedElsewhere(key)
        else space?.recordChangedElsewhere(key.slice(path.length + 1))
      },
      filled: (key) => waiting.wake(key),
      proven: (since) => trust.proven(since),
      gap() {
        trust.gap()
        waiting.wakeAll()
      },
      replaced() {
        for (const key of recent?.keys() ?? []) sayAgain(store, rooms, key)
      },
    },
    store.near === undefined ? 'marks' : 'everything',
  )
}

function sayAgain(store: Store<Entry>, rooms: Room, key: string): void {
  const space = rooms.find(pathOf(key))
  if (space !== undefined) return space.sayAgain(key)
  // Nobody is there who could wait for it, or try again. The late mark goes first, as in StoredMarks.forget.
  const deleting = async (): Promise<void> => {
    if (tagOfMark(key) !== undefined) await store.delete(lateMark(pathOf(key)))
    await store.delete(key)
  }
  deleting().catch(() => {})
}

async function moveOut(store: Store<Entry>, shared: Shared, space: Space, drain: number): Promise<void> {
  shared.users--
  if (shared.users > 0) return
  byStore.delete(store)
  // Where the store goes on, so would what is in it; and whoever comes next knows nothing of its marks.
  for (const marks of shared.rooms.marksInside()) marks.invalidateAll()
  for (const memory of store.near?.memories ?? []) nears.delete(memory)
  shared.stopListening?.()
  const spaces = [...shared.rooms.spaces()]
  const { clock, leaseCalls, rounds } = shared.house
  rounds.close()
  await within(clock, drain, async () => {
    await rounds.settled()
    await Promise.allSettled(spaces.flatMap((each) => [...each.flights.all()].map((flight) => flight.result)))
    await Promise.all(spaces.map((each) => each.settled(true)))
    await leaseCalls.settled()
  })
  for (const each of spaces) {
    for (const [name, flight] of each.flights.entries()) giveUp(each, name, flight, cacheClosed(space.path))
    each.stop()
  }
  await within(clock, Math.min(drain, shared.house.deadlines.ms), () => leaseCalls.settled())
  leaseCalls.isClosed = true
  shared.house.deadlines.stop()
  await within(clock, drain, async () => store.close?.())
}

/** Does `work`, and waits for it for `ms` at the most. */
async function within(clock: Clock, ms: number, work: () => Promise<void>): Promise<void> {
  const working = work()
  let cancel: (() => void) | undefined
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve)
  })
  try {
    await Promise.race([working, late])
  } finally {
    cancel?.()
    working.catch(() => {})
  }
}
