/*
 * A process that does nothing, but for what it has opened: says how much of a core that takes.
 *
 * `node --expose-gc --import tsx redis/idle.child.ts`, with a channel to its parent.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createCache } from '@larder/core'
import { memory } from '@larder/memory'
import { redis } from '@larder/redis'
import { tiered } from '@larder/tiered'
import { Redis } from 'ioredis-6'

/** What is open: a client, or two tiers that have been used. */
export type Open = 'client' | 'tiers'

export type Told =
  | { readonly open: Open; readonly url: string }
  | { readonly windows: number; readonly ms: number; readonly warmup: number }

const KEYS = 100

async function open(what: Open, url: string): Promise<void> {
  if (what === 'client') return void (await new Redis(url).ping())
  const cache = createCache({ store: tiered({ near: memory(), far: redis(url) }), ttl: '1h' })
  while ((await cache.health()).status !== 'ok') await sleep(5)
  const keys = Array.from({ length: KEYS }, (_, n) => `k${n}`)
  await cache.setMany(keys.map((key) => [key, key] as const))
  while (keys.some((key) => cache.peek(key) === undefined)) await cache.getMany(keys)
}

/** In each window, in percent of a core. */
async function spent(windows: number, ms: number): Promise<readonly number[]> {
  const shares: number[] = []
  for (let n = 0; n < windows; n++) {
    const [before, began] = [process.cpuUsage(), performance.now()]
    await sleep(ms)
    const { user, system } = process.cpuUsage(before)
    shares.push((user + system) / 10 / (performance.now() - began))
  }
  return shares
}

async function hear(told: Told): Promise<unknown> {
  if ('open' in told) {
    await open(told.open, told.url)
    return 'ready'
  }
  globalThis.gc?.()
  await sleep(told.warmup)
  return spent(told.windows, told.ms)
}

process.on('message', (told) => {
  hear(told as Told).then(
    (said) => process.send?.(said),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))
