/*
 * Links for tests, over every kind of client, and what tests of them have in common.
 */

import { afterEach, vi } from 'vitest'
import type { Link } from '../../src/link/link.ts'
import { openLink } from '../../src/link/open.ts'
import type { LinkOptions } from '../../src/link/options.ts'
import type { Kind } from './kinds.ts'

export { GIVEN, type Kind, KINDS, OWN } from './kinds.ts'

/** Links of any kind, and their clients, which end with the test. They wait long for an answer where no test is about how long. */
export function openLinks(): (kind: Kind, url: string, options?: LinkOptions) => Promise<Link> {
  const ends: (() => Promise<void> | void)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  })
  return async (kind, url, options) => {
    const { where, end } = kind.make(url)
    const link = openLink(where, { deadline: '5s', ...options })
    ends.push(end, () => link.close())
    await link.ready()
    return link
  }
}

/** What a subscription has heard, in order. */
export function recorder(): {
  readonly messages: string[]
  readonly proofs: number[]
  readonly heard: string[]
  gaps: number
  message(channel: string, text: string): void
  proven(since: number): void
  gap(): void
} {
  return {
    messages: [],
    proofs: [],
    heard: [],
    gaps: 0,
    message(channel, text) {
      this.messages.push(`${channel} ${text}`)
      this.heard.push(text)
    },
    proven(since) {
      this.proofs.push(since)
      this.heard.push('proven')
    },
    gap() {
      this.gaps++
      this.heard.push('gap')
    },
  }
}

/** Waits for a condition. */
export const until = (check: () => void | Promise<void>, timeout: number = 10_000): Promise<void> =>
  vi.waitFor(check, { timeout, interval: 5 })

/** What a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('expected a rejection')
}
