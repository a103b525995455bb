/*
 * Leasing: what a space does with the leases of its keys, where its store has them. The store may fail, or take its time:
 * then nothing is known of the lease, and nothing is stored under it.
 */

import type { Asked } from './copies.ts'
import { isCacheError } from '../errors.ts'
import type { Leases } from '../store/leases.ts'
import { type Awaitable, isPending } from '../store/store.ts'
import { deadAt, type Entry } from './entry.ts'
import { LEASE } from './rounds.ts'
import type { Space } from './space.ts'

/** Takes the lease of a key. Who has it then; undefined if the store does not say. */
export async function takeLease(space: Space, key: string, token: string): Promise<string | undefined> {
  return ask(space, key, (leases, full) => leases.take(full, token, LEASE), token)
}

/** Takes the lease of a key from whoever has it. Whether it could. */
export async function seizeLease(space: Space, key: string, token: string): Promise<boolean> {
  const seize = async (leases: Leases<Entry>, full: string): Promise<true> => {
    await leases.seize(full, token, LEASE)
    return true
  }
  return (await ask(space, key, seize, token)) === true
}

/** Lets the lease of a load last. Whether it is still its own; undefined if the store does not say. */
export async function renewLease(space: Space, key: string, token: string): Promise<boolean | undefined> {
  return ask(space, key, (leases, full) => leases.renew(full, token, LEASE))
}

/** Nothing will be filled under this lease. */
export function dropLease({ house, path }: Space, key: string, token: string): void {
  house.leaseCalls.drop(`${path}:${key}`, token)
}

/** This process has ended a lease of the key, whoever had it: those here who wait for that look at once. */
export function leaseEnded({ house, path }: Space, key: string): void {
  house.waiting.wake(`${path}:${key}`)
}

/**
 * When a record of which somebody else has the lease may have been filled, since there had been so many `calls`; after
 * `ms` at the latest.
 */
export function filled({ house, path }: Space, key: string, ms: number, calls: number): Promise<void> {
  return house.waiting.until(`${path}:${key}`, ms, calls)
}

/** Puts there what was loaded, if nothing has been said about the key anywhere since its lease was taken. Nobody waits for it. */
export function fillLeased(
  space: Space,
  key: string,
  token: string,
  entry: Entry,
  asked: Asked | undefined,
): void {
  space.house.leaseCalls.track(fillAndTell(space, key, token, entry, asked))
}

async function fillAndTell(
  space: Space,
  key: string,
  token: string,
  entry: Entry,
  asked: Asked | undefined,
): Promise<void> {
  try {
    const isFilled = await fillNow(space, key, token, entry)
    if (isFilled === false) space.fenced(key)
    if (isFilled !== undefined) return
    // Others may not have it, and then bring another: so it is believed for a moment only.
    if (asked !== undefined) space.copies?.keepAlone(key, entry, asked)
    dropLease(space, key, token)
  } catch (error) {
    space.unstored(key, error)
    dropLease(space, key, token)
  } finally {
    leaseEnded(space, key)
  }
}

/** The same, told: whether it was; undefined if the store does not say. Rejects if the value is refused. */
export async function fillNow(
  space: Space,
  key: string,
  token: string,
  entry: Entry,
  isChange: boolean = false,
): Promise<boolean | undefined> {
  const ttl = deadAt(entry) - space.house.clock.now()
  space.outlived(entry)
  return ask(space, key, (leases, full) => leases.fill(full, token, entry, ttl, isChange))
}

/** `taking`: the lease that it takes. If that is had too late it is given back: others would wait for somebody who does not know of it. */
async function ask<T>(
  space: Space,
  key: string,
  operation: (leases: Leases<Entry>, full: string) => Awaitable<T>,
  taking?: string,
): Promise<T | undefined> {
  const { leaseCalls, store } = space.house
  const { leases } = store
  if (leases === undefined || leaseCalls.isClosed) return undefined
  let answer: Awaitable<T> | undefined
  try {
    answer = operation(leases, `${space.path}:${key}`)
    return isPending(answer) ? await space.within('lease', key, answer) : answer
  } catch (error) {
    if (isCacheError(error, 'VALUE_REFUSED')) throw error
    if (!isCacheError(error, 'STORE_TIMEOUT')) space.failed('lease', key, error)
    else if (taking !== undefined && isPending(answer)) {
      answer.then(
        () => dropLease(space, key, taking),
        () => {},
      )
    }
    return undefined
  }
}
