/*
 * Leases in Redis: a key beside the record, in the same slot, that ends by itself. What is compared and written is one
 * script.
 *
 * A script that reads costs several times what MGET costs. So where most of what is wished for is there, records are
 * asked for by MGET alone, and only for those missing a lease is asked, in a second request: hits cost what a plain read
 * costs, and a miss waits for one round trip more, before a load. Where most of it is missing, one script does both.
 */

import type { LeasedRead, Leases } from '@larder/core'
import { spoken } from './channel.ts'
import type { Reply } from './link/link.ts'
import { partsOf, type Place } from './place.ts'
import { listIn, readMany, recordIn } from './records.ts'
import { DROP, FILL, LEASE, READ, RENEW, SEIZE } from './scripts.ts'
import { textOf, ttlText } from './writes.ts'

/** Keys in one script. */
const MOST = 64
/** How many of the last wishes the share of misses is reckoned from, about. */
const MEMORY = 64

export class RedisLeases implements Leases<Uint8Array> {
  readonly #place: Place
  /** Of what was wished for lately. Nothing is there at the beginning. */
  #missing = 1

  constructor(place: Place) {
    this.#place = place
  }

  async read(
    keys: readonly string[],
    wishes: readonly (string | undefined)[],
    ms: number,
  ): Promise<readonly LeasedRead<Uint8Array>[]> {
    const found: LeasedRead<Uint8Array>[] = []
    const wished = keys.flatMap((_, i) => (wishes[i] === undefined ? [] : [i]))
    const ask = async (indices: readonly number[]): Promise<void> => {
      const names = indices.map((i) => keys[i] ?? '')
      const records = await readMany(this.#place, names)
      for (const [at, i] of indices.entries()) found[i] = { record: records[at], holder: undefined }
    }
    const lease = async (indices: readonly number[]): Promise<void> => {
      const parts = partsOf(indices, this.#place.link.isCluster ? 1 : MOST)
      await Promise.all(
        parts.map(async (part) => {
          const names = part.map((i) => keys[i] ?? '')
          const reads = await this.#lease(
            names,
            part.map((i) => wishes[i] ?? ''),
            ms,
          )
          for (const [at, i] of part.entries()) found[i] = reads[at] ?? NOTHING
        }),
      )
    }

    const isMissing = (i: number): boolean => found[i]?.record === undefined
    if (this.#missing > 0.5) {
      const plain = keys.flatMap((_, i) => (wishes[i] === undefined ? [i] : []))
      await Promise.all([plain.length > 0 && ask(plain), wished.length > 0 && lease(wished)])
    } else {
      await ask([...keys.keys()])
      const missing = wished.filter(isMissing)
      if (missing.length > 0) await lease(missing)
    }
    this.#learn(wished.length, wished.filter(isMissing).length)
    return found
  }

  #learn(wished: number, missing: number): void {
    if (wished === 0) return
    const weight = Math.min(wished, MEMORY) / MEMORY
    this.#missing += (missing / wished - this.#missing) * weight
  }

  async #lease(
    names: readonly string[],
    tokens: readonly string[],
    ms: number,
  ): Promise<readonly LeasedRead<Uint8Array>[]> {
    const { link, keys } = this.#place
    const places = [...names.map((key) => keys.data(key)), ...names.map((key) => keys.lease(key))]
    const found = listIn(await link.run(READ, places, [wholeMs(ms), ...tokens]), names.length * 2)
    return names.map((key, i) => ({
      record: recordIn(this.#place, key, found[i * 2]),
      holder: holderIn(found[i * 2 + 1]),
    }))
  }

  async take(key: string, token: string, ms: number): Promise<string | undefined> {
    return holderIn(await this.#run(LEASE, key, [token, wholeMs(ms)]))
  }

  async seize(key: string, token: string, ms: number): Promise<Uint8Array | undefined> {
    return recordIn(this.#place, key, await this.#run(SEIZE, key, [token, wholeMs(ms)]))
  }

  async fill(key: string, token: string, record: Uint8Array, ttl: number): Promise<boolean> {
    const packed = this.#place.keys.packed(key, record)
    return (await this.#run(FILL, key, [token, ...this.#toWaiters(key), ttlText(ttl), packed])) === 1
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

const NOTHING: LeasedRead<Uint8Array> = { record: undefined, holder: undefined }

const wholeMs = (ms: number): string => String(Math.max(1, Math.ceil(ms)))

const holderIn = (reply: Reply | undefined): string | undefined =>
  reply instanceof Uint8Array ? textOf(reply) : undefined
