/*
 * Our own stores, as policies: what users get, driven like the others.
 *
 * The values are views of one buffer, so an object of a megabyte costs the simulator nothing; the store counts it as it
 * would count any buffer. What it counts besides (entry, key, buffer) is in the size of the objects for all policies.
 */
import { type Entry, entryOf, termsOf } from '@larder/core'
import { type Eviction, memory } from '@larder/memory'
import type { NamedPolicy, Policy, Room } from './policy.ts'

const TERMS = termsOf(0, 0, [])

/** Counted by the bytes, unless all objects have the size one. */
export const ours = (eviction: Eviction): NamedPolicy => ({
  name: `larder, eviction: '${eviction}'`,
  make: (room) => storeOf(eviction, room),
})

function storeOf(eviction: Eviction, { capacity, sizeOf, isByBytes }: Room): Policy {
  const store = memory(
    isByBytes
      ? { eviction, share: 'trust', maxEntries: Infinity, maxBytes: capacity, maxEntryBytes: capacity }
      : { eviction, share: 'trust', maxEntries: capacity, maxBytes: Infinity },
  )
  const one: Entry = entryOf(1, Infinity, TERMS)
  const entryFor = isByBytes
    ? (key: number): Entry => entryOf(new Uint8Array(BUFFER, 0, sizeOf(key) - OVERHEAD), Infinity, TERMS)
    : (): Entry => one
  return {
    access(key) {
      const name = nameOf(key)
      if (store.get(name) !== undefined) return true
      store.set(name, entryFor(key), Infinity)
      return false
    },
  }
}

/** All of one length, so that all take the same room. */
const nameOf = (key: number): string => String(10_000_000_000 + key)

/** The largest object of a trace that the simulator takes as it is. */
export const LARGEST = 64 * 1_048_576
const BUFFER = new ArrayBuffer(LARGEST)

/** What the store counts for an object besides its own bytes: asked of the store, so that it cannot differ. */
export const OVERHEAD: number = (() => {
  const store = memory()
  store.set(nameOf(0), entryOf(new Uint8Array(BUFFER, 0, 0), Infinity, TERMS), Infinity)
  return store.usage().bytes
})()
