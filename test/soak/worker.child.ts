/*
 * A process of the soak: a cache, traffic on it, and a judge of what it reads.
 */

import { connect, type Connection } from '@larder/testing/servers'
import { now } from '../processes/orders.ts'
import { type Duties, obey, report } from '../processes/obeying.ts'
import { passed } from '../processes/source.ts'
import { type Soaked, soakedCache } from './cache.ts'
import type { Orders } from './orders.ts'
import { Traffic } from './traffic.ts'

interface Desk {
  readonly soaked: Soaked
  readonly truth: Connection
  readonly traffic: Traffic
}

let desk: Desk | undefined

function open(): Desk {
  if (desk === undefined) throw new Error('it is not open')
  return desk
}

async function collected(): Promise<number> {
  for (let n = 0; n < 4; n++) {
    await passed(5)
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed
}

const duties: Duties<Orders> = {
  async open(opening) {
    const soaked = soakedCache(opening)
    const truth = await connect(opening.truth)
    desk = { soaked, truth, traffic: new Traffic(opening, soaked, truth, report) }
    return true
  },
  async begin() {
    open().traffic.begin()
    return true
  },
  async hear(news) {
    open().traffic.judge.hear(news)
    return true
  },
  async came({ by, at }) {
    open().traffic.judge.came(by, at)
    return true
  },
  async gone({ by }) {
    open().traffic.judge.gone(by)
    return true
  },
  async loss(told) {
    open().traffic.judge.loses(told)
    return true
  },
  async block({ ms }) {
    const until = now() + ms
    while (now() < until);
    return true
  },
  calendar: async () => Date.now() - now(),
  async tally() {
    const { traffic } = open()
    traffic.judge.judge('end')
    return traffic.tally()
  },
  memory: async () => ({ heap: await collected(), resident: process.memoryUsage().rss }),
  async halt() {
    await open().traffic.halt()
    return true
  },
  async isWell() {
    const { status, queued } = await open().soaked.cache.health()
    return status === 'ok' && queued === 0
  },
  look: () => open().traffic.look(),
  async close() {
    await desk?.soaked.cache.close()
    desk?.truth.close()
    return true
  },
}

/** In the midst of its work. */
async function leave(): Promise<void> {
  desk?.traffic.leave()
  await duties.close({})
  desk?.traffic.left()
}

obey(duties, leave)
