/*
 * A process that does nothing, but for what it has opened: says how much of a core that takes.
 */

import { createCache } from '@larder/core'
import { memory } from '@larder/memory'
import { redis } from '@larder/redis'
import { connect } from '@larder/testing/servers'
import { tiered } from '@larder/tiered'
import { type Duties, obey } from './obeying.ts'

/** What is open: two tiers, or a bare connection that says as much as they do, in the same rhythm. */
export type Open = 'tiers' | 'bare'

export interface IdleOrders {
  open: {
    readonly told: { readonly url: string; readonly port: number; readonly open: Open }
    readonly answer: true
  }
  /** The part of a core that is taken: one number for each window of `ms`. */
  spend: {
    readonly told: { readonly windows: number; readonly ms: number }
    readonly answer: readonly number[]
  }
}

const HEARTBEAT = 250
const PULSE = 1_000
const NEAR = 100

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

let close = async (): Promise<void> => {}

async function openTiers(url: string): Promise<void> {
  const cache = createCache({
    store: tiered({ near: memory(), far: redis(url, { prefix: 'idle' }) }),
    ttl: '1h',
  })
  close = () => cache.close()
  while ((await cache.health()).status !== 'ok') await pause(5)
  const keys = Array.from({ length: NEAR }, (_, n) => `k${n}`)
  await cache.setMany(keys.map((key) => [key, key] as const))
  while (keys.some((key) => cache.peek(key) === undefined)) await cache.getMany(keys)
}

async function openBare(port: number): Promise<void> {
  const [beating, pulsing] = [await connect(port), await connect(port)]
  const open = { isWanted: true }
  const beat = async (): Promise<void> => {
    while (open.isWanted) {
      await beating.command('PING')
      await pause(HEARTBEAT)
    }
  }
  const pulse = async (): Promise<void> => {
    while (open.isWanted) {
      await Promise.all([
        pulsing.command('INFO', 'server'),
        pulsing.command('INFO', 'replication'),
        pulsing.command('TIME'),
      ])
      await pause(PULSE)
    }
  }
  const ended = Promise.all([beat(), pulse()])
  close = async () => {
    open.isWanted = false
    await ended
    beating.close()
    pulsing.close()
  }
}

const duties: Duties<IdleOrders> = {
  async open({ url, port, open }) {
    await (open === 'tiers' ? openTiers(url) : openBare(port))
    return true
  },
  async spend({ windows, ms }) {
    const spent: number[] = []
    for (let n = 0; n < windows; n++) {
      const [before, began] = [process.cpuUsage(), performance.now()]
      await pause(ms)
      const { user, system } = process.cpuUsage(before)
      spent.push((user + system) / 1_000 / (performance.now() - began))
    }
    return spent
  },
}

obey(duties, () => close())
