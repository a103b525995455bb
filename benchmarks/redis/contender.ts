/*
 * A contender: somebody who keeps values in Redis, in the configuration in which it is fastest at what is asked.
 *
 * Clients and caches look the same from here, so that every question can ask all of them in the same words.
 */
import type { Candidate, Opened } from '../harness/question.ts'
import { ownUrl } from './server.ts'

export interface Contender {
  readonly name: string
  readonly package: string
  readonly how: string
  /** `load` is asked for what is missing, where the contender loads. */
  readonly open: (url: string, load: Load) => Promise<Asked>
}

export type Load = (key: string) => Promise<unknown>

export interface Asked {
  readonly get: (key: string) => Promise<unknown>
  readonly set: (key: string, value: unknown) => Promise<unknown>
  /** The value, loaded if there is none. */
  readonly getOrSet: (key: string) => Promise<unknown>
  /** The values alone, in order. */
  readonly getMany?: (keys: readonly string[]) => Promise<readonly unknown[]>
  readonly close: () => unknown
}

/** For all entries: none expires while it is measured. */
export const HOUR = 3_600_000

export const neverLoads: Load = () => Promise.reject(new Error('a miss, where only hits are measured'))

/** Puts values under all keys, some at once. */
export async function fill(
  { set }: Pick<Asked, 'set'>,
  keys: readonly string[],
  valueOf: (key: string) => unknown,
): Promise<void> {
  for (let at = 0; at < keys.length; at += 100) {
    await Promise.all(keys.slice(at, at + 100).map((key) => set(key, valueOf(key))))
  }
}

/** A contender that is asked for what is there: by `get`, or by a way of its own. */
export const reading = (
  { name, package: from, how, open }: Contender,
  valueOf: (key: string) => unknown,
  operationOf: (asked: Asked) => Opened['operation'] = ({ get }) => get,
): Candidate => ({
  name,
  package: from,
  how,
  waits: true,
  async open(keys) {
    const asked = await open(await ownUrl(), neverLoads)
    await fill(asked, keys, valueOf)
    return { operation: operationOf(asked), close: asked.close }
  },
})
