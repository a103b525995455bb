/*
 * What a rule for caches is given: new caches of the kind that is judged, and their clock.
 */

import type { CacheOptions, Duration, ICache, Key, Policy } from '@larder/core'
import { expect } from 'vitest'
import type { ManualClock } from '../clock.ts'
import type { Bench, Rule } from '../contract.ts'

/**
 * What a cache is opened with; the options are to be passed on as they are.
 *
 * @example
 * const open = ({ clock, ...rest }: CacheTools): ICache => createCache({ ...rest, clock, store: memory({ clock }) })
 * cacheContract('cache of my store', { open })
 */
export interface CacheTools extends Omit<CacheOptions, 'store' | 'clock' | 'name' | 'storeTimeout'> {
  readonly clock: ManualClock
  /** Nobody else's, now and in runs before. */
  readonly name: string
}

type DefaultPolicy = Omit<CacheTools, 'clock' | 'name'>

export interface CacheBench extends Bench {
  readonly clock: ManualClock
  /** Whether `peek` sees what was set. */
  readonly peeks: boolean
  /** A new, empty cache. */
  readonly open: (policy?: DefaultPolicy) => Promise<ICache>
  /** What is on its way arrives, and what follows from it, until nothing moves but by the clock. */
  readonly arrived: () => Promise<void>
  /** Whether a promise has settled, once all that was on its way has arrived. */
  readonly isOpen: (promise: Promise<unknown>) => Promise<boolean>
  /** Lets what was begun come to rest, then moves the clock. */
  readonly pass: (time: Duration) => Promise<void>
  /** What the clock says when it is asked for chance: 0 until this is called. */
  readonly chance: (next: number) => void
}

export type CacheRule = Rule<CacheBench>

/** A loader that nobody should call. */
export const noLoad = (): never => {
  throw new Error('this loader should not have been called')
}

/** Why a promise is rejected; fails if it is not. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error
  }
  return expect.fail(`should have been rejected, and resolved to ${String(value)}`)
}

/** A method that promises says what is wrong by rejecting; it never throws. Answers the error. */
export async function misuse(act: () => PromiseLike<unknown>): Promise<TypeError> {
  let promise: PromiseLike<unknown>
  try {
    promise = act()
  } catch (error) {
    return expect.fail(`should have rejected, and threw ${String(error)}`)
  }
  const error = await rejection(promise)
  expect(error).toBeInstanceOf(TypeError)
  return error as TypeError
}

/** A key that a program without types might pass. */
export const asKey = (value: unknown): Key => value as Key
/** A policy that a program without types might pass. */
export const asPolicy = (value: unknown): Policy => value as Policy

/** Waits for a few turns of the promises. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve()
}

/** A way to change a key, and what is read under it afterwards. */
export interface Change {
  /** In the passive, to go into the name of a rule. */
  readonly how: string
  readonly make: (cache: ICache, key: string) => Promise<unknown>
  readonly after: unknown
}

/** The tag that keys must have to be reached by every change. */
export const TAG = 'tag'

/** All that makes what was there before older than what was said. */
export const changes: readonly Change[] = [
  { how: 'deleted', make: (cache, key) => cache.delete(key), after: undefined },
  { how: 'set', make: (cache, key) => cache.set(key, 'set'), after: 'set' },
  {
    how: 'set among many',
    make: (cache, key) =>
      cache.setMany([
        [key, 'set'],
        ['x', 1],
      ]),
    after: 'set',
  },
  { how: 'expired', make: (cache, key) => cache.expire(key), after: undefined },
  { how: 'invalidated by its tag', make: (cache) => cache.invalidateTags(TAG), after: undefined },
  { how: 'cleared', make: (cache) => cache.clear(), after: undefined },
]

/** The keys that are listed, in an order that does not depend on the store. */
export async function listed(cache: ICache, match?: string): Promise<Key[]> {
  const keys: Key[] = []
  for await (const key of cache.keys(match)) keys.push(key)
  return keys.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}
