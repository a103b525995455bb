/*
 * A peer whose client keeps what was under way when a connection is lost, as clients do that send it again.
 */

import { manualClock, settled } from '@larder/testing'
import { expect, test } from 'vitest'
import type { Call } from '../../src/link/call.ts'
import type { Line, LineEvents, Server } from '../../src/link/client.ts'
import { Deadlines } from '../../src/link/deadlines.ts'
import { Peer } from '../../src/link/peer.ts'
import { Ticks } from '../../src/link/ticks.ts'

const PULSE = 1_000

/** A server that answers while `isAnswering`. */
class Known implements Server {
  readonly id = 'here:1'
  isAnswering = true
  looks = 0
  latest: LineEvents | undefined

  dial(_: 'data' | 'subscriber', events: LineEvents): Line {
    this.latest = events
    process.nextTick(() => events.opened())
    const nothing = (): Promise<void> => Promise.resolve()
    return {
      isBlind: false,
      send: (calls) => this.#take(calls),
      subscribe: nothing,
      unsubscribe: nothing,
      beat: nothing,
      destroy() {},
      release() {},
    }
  }

  #take(calls: readonly Call[]): void {
    for (const call of calls) {
      call.isSent = true
      if (call.name === 'time') this.looks++
      if (!this.isAnswering) continue
      call.answered(
        call.name === 'info' ? '\r\nrun_id:a\r\nrole:master\r\n' : call.name === 'time' ? ['1', '0'] : 'PONG',
      )
    }
  }
}

test('a server is looked at once in a while, however often connections to it were lost during a look', async () => {
  const clock = manualClock({ random: () => 0 })
  const deadlines = new Deadlines(clock)
  const server = new Known()
  const around = {
    name: 'redis',
    clock,
    deadlines,
    deadline: 100,
    connectTimeout: 1_000,
    pulse: PULSE,
    ticks: new Ticks(clock, 250),
  }
  const nothing = (): void => {}
  const events = {
    up: nothing,
    down: nothing,
    trying: nothing,
    breaker: nothing,
    changed: nothing,
    met: nothing,
  }
  const peer = new Peer(server.id, around, () => server, events)
  peer.open()
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 10) {
      await clock.advance(10)
      await settled()
    }
  }
  await pass(PULSE / 2)
  for (let losses = 0; losses < 3; losses++) {
    server.isAnswering = false
    await pass(PULSE)
    server.isAnswering = true
    server.latest?.closed(new Error('lost'))
    await pass(PULSE / 2)
  }
  const { looks } = server
  await pass(10 * PULSE)
  expect(server.looks - looks).toBeLessThanOrEqual(10)
  peer.close(new Error('closed'))
})
