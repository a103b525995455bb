/*
 * The world that a history is played in: stores whose operations take effect and answer when the history says so,
 * and that fail, hang and forget when it says that.
 *
 * An operation of a far store has three moments: it is called, it takes effect, it is answered. The history chooses
 * the last two, separately and in any order among operations; a real network with several connections does the same.
 * Nothing in here knows what a cache is.
 */

import { type Entry, entryOf, type Stamps, type Store, termsOf } from '@larder/core'
import { type ManualClock } from '@larder/testing'

/** What every process sees. */
export class Place {
  readonly records: Map<string, Entry> = new Map()

  /** A record is copied on its way in and out, as bytes would be; its value is a frozen object and stays itself. */
  get(key: string): Entry | undefined {
    const found = this.records.get(key)
    return found && copied(found)
  }

  set(key: string, record: Entry): void {
    this.records.set(key, copied(record))
  }
}

/** As bytes would come back; `stamps` instead of its own, if they are the same. */
export function copied({ value, freshUntil, terms }: Entry, same?: Stamps): Entry {
  const stamps = same ?? terms.stamps.map(({ tag, token }) => ({ tag, token, live: true }))
  return entryOf(
    value,
    freshUntil,
    termsOf(terms.staleFor, terms.keptFor, stamps, terms.meta, terms.cost, terms.schema),
  )
}

/** An operation on its way. */
export interface Parcel {
  readonly what: string
  readonly sent: number
  readonly isApplied: boolean
  apply(): void
  answer(): void
  fail(error: Error): void
}

/** All that is on its way. */
export class Net {
  readonly clock: ManualClock
  /** While down, every operation is refused at once; while read-only, every writing one. */
  state: 'up' | 'down' | 'read-only' = 'up'
  parcels: Parcel[] = []
  /** Called with what was refused at once. */
  refused: (what: string) => void = () => {}

  constructor(clock: ManualClock) {
    this.clock = clock
  }

  refuse(what: string): Promise<never> {
    this.refused(what)
    return Promise.reject(new Error(`the store refuses ${what}`))
  }

  send<T>(what: string, isWriting: boolean, effect: () => T): Promise<T> {
    if (this.state === 'down' || (this.state === 'read-only' && isWriting)) return this.refuse(what)
    return new Promise<T>((resolve, reject) => {
      let outcome: { readonly value: T } | undefined
      const gone = (): void => {
        this.parcels = this.parcels.filter((each) => each !== parcel)
      }
      const parcel: Parcel = {
        what,
        sent: this.clock.now(),
        get isApplied() {
          return outcome !== undefined
        },
        apply() {
          outcome ??= { value: effect() }
        },
        answer() {
          parcel.apply()
          gone()
          resolve((outcome as { readonly value: T }).value)
        },
        fail(error) {
          gone()
          reject(error)
        },
      }
      this.parcels.push(parcel)
    })
  }
}

/** One process's connection to a place. `bulk`: it has getMany, and it is atomic, as an MGET is. */
export function farStore(place: Place, net: Net, bulk: boolean): Store<Entry> {
  return {
    name: 'far',
    get: (key) => net.send(`get ${key}`, false, () => place.get(key)),
    set: (key, record) => net.send(`set ${key}`, true, () => place.set(key, record)),
    delete: (key) => net.send(`delete ${key}`, true, () => void place.records.delete(key)),
    ...(bulk && {
      getMany: (keys: readonly string[]) =>
        net.send(`getMany ${keys.join(' ')}`, false, () => keys.map((key) => place.get(key))),
      clear: (prefix: string) =>
        net.send(`clear ${prefix}`, true, () => {
          for (const key of place.records.keys()) if (key.startsWith(prefix)) place.records.delete(key)
        }),
    }),
  }
}

/** A synchronous store that throws while it is down, or only at writing while it is read-only. */
export function nearStore(store: Store<Entry>, net: Net): Store<Entry> {
  const refuse = (what: string, isWriting: boolean): void => {
    if (net.state === 'down' || (net.state === 'read-only' && isWriting)) {
      throw new Error(`the store refuses ${what}`)
    }
  }
  return {
    name: 'near',
    sync: true,
    get: (key) => {
      refuse('get', false)
      return store.get(key)
    },
    set: (key, record, ttl) => {
      refuse('set', true)
      return store.set(key, record, ttl)
    },
    delete: (key) => {
      refuse('delete', true)
      return store.delete(key)
    },
    clear: (prefix) => {
      refuse('clear', true)
      return store.clear?.(prefix)
    },
    ...(store.usage && { usage: () => usageOf(store) }),
  }
}

function usageOf(store: Store<Entry>): ReturnType<NonNullable<Store<Entry>['usage']>> {
  const usage = store.usage?.()
  if (usage === undefined) throw new Error('the store below tells no usage')
  return usage
}

/** Some turns of the promises. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve()
}
