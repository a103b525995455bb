/*
 * Leases in Redis: a key beside the record, in the same slot, that ends by itself. What is compared and written is one
 * script.
 *
 * A script that reads costs the server several times what MGET costs. So where most of what is wished for is
 * there, records are asked for by MGET alone, and only for those missing a lease is asked, in a second request: hits cost
 * what a plain read costs, and a miss waits for one round trip more. Where more is missing one script does both; where few are
 * wished for, a tenth is enough.
 */

import type { LeasedRead, Leases } from '@larder/core'
import { spoken } from './channel.ts'
import type { Reply } from './link/link.ts'
import { keepShape } from './link/shapes.ts'
import { partsOf, type Place } from './place.ts'
import { listIn, readMany, recordIn } from './records.ts'
import { DROP, FILL, LEASE, READ, RENEW, SEIZE } from './scripts.ts'
import { textOf, ttlText } from './writes.ts'

/** Keys in one script. */
const MOST = 64
/** Of what was wished for lately this share was missing, and it is worth a script: for a few, whose way costs more than the script, and for many. */
const LITTLE = 0.1
const MUCH = 0.5
const FEW = 4
/** How many of the last wishes the share of misses is reckoned from, about. */
const MEMORY = 64

const leasedRead = (record: Uint8Array | undefined, holder: string | undefined): LeasedRead<Uint8Array> => ({
  record,
  holder,
})
keepShape(leasedRead(undefined, undefined))

export class RedisLeases implements Leases<Uint8Array> {
  readonly #place: Place
  /** Of what was wished for lately. Nothing is there at the beginning. */
  #missing = 1

  constructor(place: Place) {
    this.#place = place
  }

  read(
    keys: readonly string[],
    wishes: readonly (string | undefined)[],
    ms: number,
  ): Promise<readonly LeasedRead<Uint8Array>[]> {
    const most = keys.length <= FEW ? LITTLE : MUCH
    return this.#missing > most ? this.#readAtOnce(keys, wishes, ms) : this.#readFirst(keys, wishes, ms)
  }

  /** Records, then leases where there are none. */
  async #readFirst(
    keys: readonly string[],
    wishes: readonly (string | undefined)[],
    ms: number,
  ): Promise<readonly LeasedRead<Uint8Array>[]> {
    const records = await readMany(this.#place, keys)
    const found = records.map((record) => leasedRead(record, undefined))
    const missing: number[] = []
    let wished = 0
    for (let i = 0; i < keys.length; i++) {
      if (wishes[i] === undefined) continue
      wished++
      if (records[i] === undefined) missing.push(i)
    }
    if (missing.length > 0) await this.#lease(missing, keys, wishes, ms, found)
    this.#learn(wished, missing.length)
    return found
  }

  /** Records with their leases by script, the others by MGET, in one round trip. */
  async #readAtOnce(
    keys: readonly string[],
    wishes: readonly (string | undefined)[],
    ms: number,
  ): Promise<readonly LeasedRead<Uint8Array>[]> {
    const found: LeasedRead<Uint8Array>[] = []
    const all = [...keys.keys()]
    const wished = all.filter((i) => wishes[i] !== undefined)
    const plain = all.filter((i) => wishes[i] === undefined)
    const read = async (): Promise<void> => {
      const records = await readMany(
        this.#place,
        plain.map((i) => keys[i] ?? ''),
      )
      for (const [at, i] of plain.entries()) found[i] = leasedRead(records[at], undefined)
    }
    await Promise.all([plain.length > 0 && read(), this.#lease(wished, keys, wishes, ms, found)])
    this.#learn(wished.length, wished.filter((i) => found[i]?.record === undefined).length)
    return found
  }

  #learn(wished: number, missing: number): void {
    if (wished === 0) return
    const weight = Math.min(wished, MEMORY) / MEMORY
    this.#missing += (missing / wished - this.#missing) * weight
  }

  /** Asks for some of the keys by script, and puts the answers where they belong. */
  async #lease(
    indices: readonly number[],
    keys: readonly string[],
    wishes: readonly (string | undefined)[],
    ms: number,
    found: LeasedRead<Uint8Array>[],
  ): Promise<void> {
    const { link, keys: places } = this.#place
    await Promise.all(
      partsOf(indices, link.isCluster ? 1 : MOST).map(async (part) => {
        const names = part.map((i) => keys[i] ?? '')
        const both = [...names.map((key) => places.data(key)), ...names.map((key) => places.lease(key))]
        const tokens = part.map((i) => wishes[i] ?? '')
        const answer = listIn(await link.run(READ, both, [wholeMs(ms), ...tokens]), part.length * 2)
        for (const [at, i] of part.entries()) {
          const record = recordIn(this.#place, names[at] ?? '', answer[at * 2])
          found[i] = leasedRead(record, holderIn(answer[at * 2 + 1]))
        }
      }),
    )
  }

  async take(key: string, token: string, ms: number): Promise<string | undefined> {
    return holderIn(await this.#run(LEASE, key, [token, wholeMs(ms)]))
  }

  async seize(key: string, token: string, ms: number): Promise<Uint8Array | undefined> {
    return recordIn(this.#place, key, await this.#run(SEIZE, key, [token, wholeMs(ms)]))
  }

  async fill(
    key: string,
    token: string,
    record: Uint8Array,
    ttl: number,
    isChange: boolean = false,
  ): Promise<boolean> {
    const { keys, voice } = this.#place
    const channel = isChange ? voice.channelOf(key) : ''
    const args = [token, ...this.#toWaiters(key), ttlText(ttl), keys.packed(key, record), channel]
    return (await this.#run(FILL, key, args)) === 1
  }

  async renew(key: string, token: string, ms: number): Promise<boolean> {
    return (await this.#run(RENEW, key, [token, wholeMs(ms)])) === 1
  }

  async drop(key: string, token: string): Promise<void> {
    await this.#run(DROP, key, [token, ...this.#toWaiters(key)])
  }

  #toWaiters(key: string): readonly [channel: string, sender: string, keys: string] {
    const { voice } = this.#place
    return [voice.waiters, voice.sender, spoken([key])]
  }

  #run(
    script: Parameters<Place['link']['run']>[0],
    key: string,
    args: readonly (string | Uint8Array)[],
  ): Promise<Reply> {
    const { link, keys } = this.#place
    return link.run(script, [keys.data(key), keys.lease(key)], args)
  }
}

const wholeMs = (ms: number): string => String(Math.max(1, Math.ceil(ms)))

const holderIn = (reply: Reply | undefined): string | undefined =>
  reply instanceof Uint8Array ? textOf(reply) : undefined
