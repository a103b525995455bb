/*
 * Writes: what is set and deleted in one tick travels as one script, in its order.
 *
 * A script costs the server several times a plain SET, most of it for being called at all; so many are cheaper in one,
 * cheaper even than plain SETs one by one. On a cluster a script stays in one slot, and so with one key.
 */

import { CacheError, isCacheError, systemClock } from '@larder/core'
import { refused } from './link/errors.ts'
import type { Reply } from './link/link.ts'
import { keepShape } from './link/shapes.ts'
import { spoken } from './channel.ts'
import type { Place } from './place.ts'
import { WRITE } from './scripts.ts'

/** Nothing else is served while a script runs: this many take about 100 µs. */
const MOST = 64
const MOST_BYTES = 262_144

/** What was said last about a key in this tick. All who said something hear what became of it. */
class Write {
  readonly key: string
  /** Undefined: its end. */
  record: Uint8Array | undefined
  ttl: number
  readonly #resolve: () => void
  readonly #reject: (error: Error) => void
  /** What was said about the key before, in the same tick. */
  readonly #before: Write | undefined

  constructor(
    key: string,
    record: Uint8Array | undefined,
    ttl: number,
    resolve: () => void,
    reject: (error: Error) => void,
    before: Write | undefined,
  ) {
    this.key = key
    this.record = record
    this.ttl = ttl
    this.#resolve = resolve
    this.#reject = reject
    this.#before = before
  }

  applied(): void {
    this.#resolve()
    for (let each = this.#before; each !== undefined; each = each.#before) each.#resolve()
  }

  failed(error: Error): void {
    this.#reject(error)
    for (let each = this.#before; each !== undefined; each = each.#before) each.#reject(error)
  }
}

keepShape(new Write('', undefined, 0, nothing, nothing, undefined))

interface Batch {
  readonly writes: Map<string, Write>
  bytes: number
}

/** Among the arguments of the script: the keys that are told. */
const NAMES_AT = 4

/** What hangs on it is called in the next turn of promises. Costs less than queueMicrotask. */
const NOW: Promise<void> = Promise.resolve()

export class Writes {
  readonly #place: Place
  /**
   * By what can be in one script: all keys that are told on one channel, or on a cluster one key. A new map for each tick: one that is
   * cleared keeps alive what was in it.
   */
  #open = new Map<string, Batch>()
  readonly #later = (): void => process.nextTick(this.#sendAll)

  constructor(place: Place) {
    this.#place = place
  }

  /** Writes a record, or its end, and drops the lease. */
  write(key: string, record: Uint8Array | undefined, ttl: number): Promise<void> {
    const { link, voice } = this.#place
    const group = link.isCluster ? key : voice.channelOf(key)
    return new Promise((resolve, reject) => {
      const batch = this.#open.get(group) ?? this.#begin(group)
      batch.writes.set(key, new Write(key, record, ttl, resolve, reject, batch.writes.get(key)))
      batch.bytes += record?.length ?? 0
      if (batch.writes.size < MOST && batch.bytes < MOST_BYTES) return
      this.#open.delete(group)
      this.#send(batch.writes)
    })
  }

  #begin(group: string): Batch {
    // After all promises of this tick, whoever made them.
    if (this.#open.size === 0) NOW.then(this.#later, nothing)
    const batch: Batch = { writes: new Map(), bytes: 0 }
    this.#open.set(group, batch)
    return batch
  }

  readonly #sendAll = (): void => {
    const open = this.#open
    this.#open = new Map()
    for (const { writes } of open.values()) this.#send(writes)
  }

  #send(batch: ReadonlyMap<string, Write>): void {
    const { link, keys, voice } = this.#place
    const writes = [...batch.values()]
    const names: string[] = []
    const places: string[] = []
    const leases: string[] = []
    const until = this.#until(writes)
    const channel = voice.channelOf(writes[0]?.key ?? '')
    const args: (string | Uint8Array)[] = [until, channel, voice.waiters, voice.sender, '']
    for (const { key, record, ttl } of writes) {
      const [data, lease] = keys.both(key)
      names.push(key)
      places.push(data)
      leases.push(lease)
      if (record === undefined) args.push('-', '')
      else args.push(ttlText(ttl), keys.packed(key, record))
    }
    for (const lease of leases) places.push(lease)
    args[NAMES_AT] = spoken(names)
    const sent = systemClock.exact()
    link.run(WRITE, places, args).then(
      (reply) => settle(writes, failuresIn(reply), link.name),
      (error: Error) => {
        const fail = (): void => writes.forEach((write) => write.failed(error))
        const left = until !== '' && isCacheError(error, 'LINK_UNKNOWN') ? this.#left(sent) : 0
        if (left > 0) systemClock.after(left, fail)
        else fail()
      },
    )
  }

  /**
   * For how long the server would still write what was sent: whatever held it when its connection was lost may yet deliver it. Nobody
   * hears before that what became of it: the deletion that is owed then would come too early.
   */
  #left(sent: number): number {
    return sent + this.#place.link.deadline - systemClock.exact()
  }

  /** When nobody waits any more, by the clock of the server. */
  #until(writes: readonly Write[]): string {
    if (writes.every(({ record }) => record === undefined)) return ''
    const { link } = this.#place
    const { now, error } = link.time()
    const until = Math.floor(now + link.deadline - error)
    return Number.isFinite(until) ? String(until) : ''
  }
}

/** ms after which it might as well be for ever, and Redis cannot count. */
const FOR_EVER = 1e13

/** As scripts take it: whole ms, '' for ever. */
export function ttlText(ttl: number): string {
  return ttl < FOR_EVER ? String(Math.max(1, Math.ceil(ttl))) : ''
}

/** What the server says of single places, by their number. */
function failuresIn(reply: Reply): ReadonlyMap<number, string> {
  const list = Array.isArray(reply) ? (reply as readonly Reply[]) : []
  const failures = new Map<number, string>()
  for (let i = 0; i < list.length; i += 2) failures.set(Number(list[i]), textOf(list[i + 1]))
  return failures
}

function settle(writes: readonly Write[], failures: ReadonlyMap<number, string>, name: string): void {
  for (const [i, write] of writes.entries()) {
    const failure = failures.size === 0 ? undefined : failures.get(i)
    if (failure === undefined) write.applied()
    else write.failed(failure === 'LATE' ? tooLate(name) : refused(name, 'SET', failure))
  }
}

function nothing(): void {}

const tooLate = (name: string): CacheError =>
  new CacheError(
    'LINK_REFUSED',
    `${name} got a value after its deadline, when nobody waited any more: it was not written`,
  )

export const textOf = (reply: Reply | undefined): string =>
  reply instanceof Uint8Array ? Buffer.from(reply).toString() : String(reply)
