/*
 * The channel: changes, told by pub/sub from inside the scripts that make them, so that nothing is changed and not told.
 *
 *   larder:v1:marks      changes of marks, and leases that ended while somebody waited
 *   larder:v1:records    changes of all else
 *
 *   1 changed 6oVw… ["shop/users:42","shop/users:43"]
 *
 * The first word is the version. What is not understood may have been anything, so it counts as a gap.
 */

import { type Channel, isMark } from '@larder/core'
import { randomBytes } from 'node:crypto'
import type { Link } from './link/link.ts'

const VERSION = '1'

/** What a store says, and to whom. */
export interface Voice {
  /** Of this store and no other. */
  readonly sender: string
  /** Where the change of a key is told; '' if nowhere. */
  channelOf(key: string): string
  /** Where those listen who wait for a lease to end; '' if there is no such place. */
  readonly waiters: string
}

export function voiceOf(base: string): Voice {
  const [marks, records] = [`${base}marks`, `${base}records`]
  return {
    sender: randomBytes(12).toString('base64url'),
    channelOf: (key) => (isMark(key) ? marks : records),
    waiters: marks,
  }
}

/** Where no channel proves what it has told, saying anything is no use. */
export const silent: Voice = { sender: '', channelOf: () => '', waiters: '' }

/** The keys of a message. Lua has no JSON that keeps all of them, so it gets them ready. */
export const spoken = (keys: readonly string[]): string => JSON.stringify(keys)

export function channelOn(link: Link, base: string, { sender }: Voice, maxStaleness: number): Channel {
  return {
    maxStaleness,
    listen(listener, what) {
      const channels = what === 'marks' ? [`${base}marks`] : [`${base}marks`, `${base}records`]
      return link.subscribe(channels, {
        message(_channel, text) {
          const heard = read(text)
          if (heard === undefined) return listener.gap()
          if (heard.what === 'filled') return heard.keys.forEach((key) => listener.filled(key))
          if (heard.sender !== sender) heard.keys.forEach((key) => listener.changed(key))
        },
        believedFor: listener.believedFor,
        proven: (since) => listener.proven(since),
        gap: () => listener.gap(),
        replaced: () => listener.replaced(),
      })
    },
  }
}

interface Heard {
  readonly what: 'changed' | 'filled'
  readonly sender: string
  readonly keys: readonly string[]
}

/** Undefined if it is none of ours, or of a version to come. */
function read(text: string): Heard | undefined {
  const [version, what, sender = '', ...rest] = text.split(' ')
  if (version !== VERSION || (what !== 'changed' && what !== 'filled')) return undefined
  const keys = parsed(rest.join(' '))
  return Array.isArray(keys) && keys.every((key) => typeof key === 'string')
    ? { what, sender, keys }
    : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
