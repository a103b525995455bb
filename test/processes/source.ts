/*
 * The source of truth: a counter for each place, in a Redis that has nothing to do with the cache.
 *
 * Who changes something counts first and invalidates then, as one writes a row and then calls `delete`. A load reads the
 * counters that concern it as the first thing it does, and then takes its time: so what it brings is as old as it could be.
 */

import type { Connection } from '@larder/testing/servers'
import type { KeyPlace } from './places.ts'

const TRUTH = 'truth'

export const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export class Source {
  readonly #connection: Pick<Connection, 'command'>
  readonly #random: () => number

  constructor(connection: Pick<Connection, 'command'>, random: () => number) {
    this.#connection = connection
    this.#random = random
  }

  /** As they are: of each place that concerns the key. */
  async versionsOf({ concerns }: KeyPlace): Promise<readonly number[]> {
    const found = await this.#connection.command('HMGET', TRUTH, ...concerns)
    return (found as readonly (string | null)[]).map(Number)
  }

  /** The same, as a load does it. */
  async load(at: KeyPlace): Promise<readonly number[]> {
    const versions = await this.versionsOf(at)
    const x = this.#random()
    const y = this.#random()
    await passed(x < 0.02 ? 100 + y * 200 : x < 0.2 ? 10 + y * 40 : y * 5)
    return versions
  }

  /** Changes it. Answers its version from now on. */
  async change(place: number): Promise<number> {
    return Number(await this.#connection.command('HINCRBY', TRUTH, place, 1))
  }

  /** All that was ever changed. */
  async all(): Promise<ReadonlyMap<number, number>> {
    const found = (await this.#connection.command('HGETALL', TRUTH)) as readonly string[]
    const versions = new Map<number, number>()
    for (let i = 0; i < found.length; i += 2) versions.set(Number(found[i]), Number(found[i + 1]))
    return versions
  }
}
