/*
 * The life of a process that does what it is told over its line: until that is cut, or until it is asked to leave.
 */

import type { Book, Said, Told } from './child.ts'

/** How each order is carried out. */
export type Duties<B extends Book<B>> = {
  readonly [O in keyof B]: (told: B[O]['told']) => Promise<B[O]['answer']>
}

/** Says something without having been asked. */
export function report(what: unknown): void {
  if (process.connected) process.send?.({ report: what } satisfies Said<unknown>)
}

/** `leave`: what is done at SIGTERM, in order and in the midst of work. Then the process ends by itself: there is no process.exit. */
export function obey<B extends Book<B>>(duties: Duties<B>, leave: () => Promise<void>): void {
  const carryOut = async ({ id, order, told }: Told): Promise<void> => {
    try {
      const answer = await duties[order as keyof B](told)
      if (id !== 0 && process.connected) process.send?.({ id, answer } satisfies Said<unknown>)
    } catch (error) {
      const words = error instanceof Error ? (error.stack ?? error.message) : String(error)
      if (process.connected) process.send?.({ id, error: words } satisfies Said<unknown>)
    }
  }
  const abandoned = (): never => process.exit(0)
  process.on('message', (told) => {
    carryOut(told as Told).catch(abandoned)
  })
  process.on('disconnect', abandoned)
  process.once('SIGTERM', () => {
    process.off('disconnect', abandoned)
    leave()
      .then(() => process.connected && process.disconnect())
      .catch(() => process.exit(1))
  })
}
