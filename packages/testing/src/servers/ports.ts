/*
 * Free ports on 127.0.0.1, by chance, below those the system hands out for outgoing connections: so that a server which
 * is down for a while finds its port free when it comes back.
 *
 * Free when looked at is not free when used: whoever starts something is ready to try again with others.
 */

import { systemClock } from '@larder/core'
import net from 'node:net'
import { Hopeless } from './waiting.ts'

const FIRST = 10_000
const LAST = 30_000
const ATTEMPTS = 5

/** Somebody else was faster. */
export class PortTaken extends Hopeless {}

/** Gives `start` free ports, and others if one of them turns out to be taken. */
export async function withFreePorts<T>(
  count: number,
  start: (ports: readonly number[]) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePorts(count))
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === ATTEMPTS) throw error
    }
  }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>()
  while (found.size < count) {
    const port = FIRST + Math.floor(systemClock.random() * (LAST - FIRST))
    if (await isFree(port)) found.add(port)
  }
  return [...found]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
