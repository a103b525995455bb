/*
 * A question for which a connection is made, and ended with the answer: to Sentinels, and to the first node of a cluster.
 */

import type { Server } from './client.ts'
import { greetedBy } from './greeting.ts'
import { type Ask, asking, type Surroundings } from './kept.ts'

/** Rejects after `ms` at the latest. */
export function askOnce<T>(
  server: Server,
  around: Surroundings,
  ms: number,
  question: (ask: Ask) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isOver = false
    const end = (settle: () => void): void => {
      if (isOver) return
      isOver = true
      stop()
      line.release()
      settle()
    }
    const line = server.dial('data', {
      opened: () => {
        const ask = asking(line, around, ms)
        greetedBy(ask, server)
          .then(() => question(ask))
          .then(
            (answer) => end(() => resolve(answer)),
            (error: Error) => end(() => reject(error)),
          )
      },
      closed: (error) => end(() => reject(error)),
      message() {},
      unsubscribed() {},
    })
    const stop = around.clock.after(ms, () =>
      end(() => reject(new Error(`${server.id} did not answer within ${ms} ms`))),
    )
  })
}
