/*
 * A store of Redis in the time of a contract, whose clock stands still: the time of the place is taken from it, and so
 * are proofs.
 */

import { type Channel, codec, encoded, type Entry, type Store } from '@larder/core'
import type { ManualClock } from '@larder/testing'
import { randomUUID } from 'node:crypto'
import type { Link } from '../src/link/link.ts'
import { bytesOver } from './servers.ts'

export function onTime(
  link: Link | undefined,
  clock: ManualClock,
  hears: boolean,
  prefix: string = randomUUID(),
): Store<Entry> {
  if (link === undefined) throw new Error('links are open only during tests')
  const { channel, ...store } = bytesOver(link, prefix)
  const bytes = {
    ...store,
    time: () => clock.epoch(),
    ...(hears && channel !== undefined && { channel: provenIn(channel, clock) }),
  }
  return encoded(bytes, codec(), { clock })
}

/** Proofs in the time of the contract, where all of them are of this moment. */
const provenIn = (channel: Channel, clock: ManualClock): Channel => ({
  maxStaleness: channel.maxStaleness,
  listen: (listener, what) =>
    channel.listen(
      {
        changed: (key) => listener.changed(key),
        filled: (key) => listener.filled(key),
        proven: () => listener.proven(clock.now()),
        gap: () => listener.gap(),
      },
      what,
    ),
})
