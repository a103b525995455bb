/*
 * Waiting for a condition, never for a duration.
 */

import { systemClock } from '@larder/core'

/** Not a failure yet: asked again. */
const NOT_YET = undefined

export interface Patience {
  /** What is waited for, for the message: 'redis on port 7001 answers'. */
  readonly what: string
  /** Milliseconds. Default: 10 seconds. */
  readonly within?: number
  /** Milliseconds between two questions. Default: 5. */
  readonly every?: number
  /** What else to say when it does not happen. */
  readonly detail?: () => string
}

/** No more asking: what is waited for can no longer happen. */
export class Hopeless extends Error {}

/** Asks until there is an answer that is neither undefined nor false. A question that rejects is asked again. */
export async function until<T>(
  { what, within = 10_000, every = 5, detail = () => '' }: Patience,
  ask: () => Promise<T | false | undefined>,
): Promise<T> {
  const deadline = systemClock.exact() + within
  let last: unknown
  for (;;) {
    const left = deadline - systemClock.exact()
    if (left <= 0) break
    try {
      const answer = await atMost(left, ask())
      if (answer !== NOT_YET && answer !== false) return answer
      last = NOT_YET
    } catch (error) {
      if (error instanceof Hopeless) throw error
      last = error
    }
    await passed(every)
  }
  throw new Error(`waited ${within} ms in vain until ${what}${detail()}`, { cause: last })
}

/** What is asked may never answer: a server can be stopped. */
async function atMost<T>(ms: number, asked: Promise<T>): Promise<T | undefined> {
  let cancel = (): void => {}
  const late = new Promise<undefined>((resolve) => {
    cancel = systemClock.after(ms, () => resolve(undefined))
  })
  try {
    return await Promise.race([asked, late])
  } finally {
    cancel()
  }
}

/** Resolves after so many milliseconds. */
export const passed = (ms: number): Promise<undefined> =>
  new Promise((resolve) => {
    systemClock.after(ms, () => resolve(undefined))
  })
