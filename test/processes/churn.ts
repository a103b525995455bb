/*
 * Churn: a great many operations while the store comes and goes, and what they leave behind.
 */

import { existsSync, readdirSync } from 'node:fs'
import type { ICache } from '@larder/core'
import type { Churned, Orders } from './orders.ts'

const AT_ONCE = 100
const OPEN_FILES = '/proc/self/fd'

const turn = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Bytes in use once what is not has been collected. */
export async function collected(): Promise<number> {
  for (let n = 0; n < 4; n++) {
    await turn(5)
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed
}

/** What keeps the process alive, and how many files and sockets it has open, where the system tells. */
export const handles = (): readonly string[] => [
  ...[...process.getActiveResourcesInfo()].sort(),
  `${existsSync(OPEN_FILES) ? readdirSync(OPEN_FILES).length : 'some'} open`,
]

export async function churn(
  cache: ICache,
  { operations, samples }: Orders['churn']['told'],
): Promise<Churned> {
  let failures = 0
  let done = 0
  cache.on((event) => {
    if (event.type === 'store-failed') failures++
  })
  const some = async (n: number): Promise<void> => {
    const key = `k${n % 500}`
    if (n % 10 === 0) await cache.delete(key)
    else if (n % 10 === 1) await cache.set(key, { n }, { ttl: '1m', tags: [`t${n % 20}`] })
    else if (n % 100 === 2) await cache.invalidateTags(`t${n % 20}`)
    else if (n % 100 === 3) await cache.expire(key)
    else if (n % 100 === 4) await cache.getMany([key, 'k1', 'k2'])
    else if (n % 10 === 5) await cache.get(key)
    else await cache.getOrSet(key, async () => ({ n }), { ttl: '1m', tags: [`t${n % 20}`] })
  }
  const run = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, () => some(done++)))
    }
  }
  await run(operations / 2) // what is made once is there
  const heap: (readonly [number, number])[] = [[0, await collected()]]
  for (let n = 1; n <= samples; n++) {
    await run(operations / samples)
    heap.push([(n * operations) / samples, await collected()])
  }
  return { heap, failures }
}
