/*
 * A cache on Redis in the time of a contract, whose clock stands still: the time of the place is taken from it, and so
 * are proofs. The contract is told when nothing is on its way to the server or back.
 */

import { type Channel, codec, createCache, encoded, type Entry, type Store } from '@larder/core'
import { memory } from '@larder/memory'
import type { CacheContract, ManualClock } from '@larder/testing'
import { tiered } from '@larder/tiered'
import { randomUUID } from 'node:crypto'
import type { Link } from '../src/link/link.ts'
import { bytesOver } from './servers.ts'

export interface OnTime {
  /** Whether the cache is told what others change. Default: yes, where the place tells. */
  readonly hears?: boolean
  /** Whether it keeps copies. */
  readonly near?: boolean
  /** What keys begin with. Default: anything. */
  readonly prefix?: () => string
}

/** What a contract of caches needs to know of the place that a link leads to. */
export function onTime(
  link: () => Link | Promise<Link>,
  { hears = true, near = false, prefix = randomUUID }: OnTime = {},
): Pick<CacheContract, 'open' | 'arrived'> {
  let open = 0
  const counted = async <T>(call: () => Promise<T>): Promise<T> => {
    open++
    try {
      return await call()
    } finally {
      open--
    }
  }
  return {
    async open(tools) {
      const store = bytesOver(countedLink(await link(), counted), prefix())
      const { clock } = tools
      const far = inTimeOf(clock, store, hears)
      return createCache({ ...tools, store: near ? tiered({ near: memory({ clock }), far }) : far })
    },
    /** What follows from an answer is called in the turn in which that arrives. */
    async arrived() {
      for (let quiet = 0; quiet < QUIET_TURNS;) {
        await turn()
        quiet = open === 0 ? quiet + 1 : 0
      }
    },
  }
}

const QUIET_TURNS = 3
const turn = (): Promise<void> => new Promise((resume) => setImmediate(resume))

/** A link of which every call goes through `counted`. */
function countedLink(link: Link, counted: <T>(call: () => Promise<T>) => Promise<T>): Link {
  return {
    name: link.name,
    isCluster: link.isCluster,
    deadline: link.deadline,
    call: (...args) => counted(() => link.call(...args)),
    run: (...args) => counted(() => link.run(...args)),
    nodeOf: (key) => link.nodeOf(key),
    primaries: () => counted(() => link.primaries()),
    subscribe: (channels, listener) => link.subscribe(channels, listener),
    time: () => link.time(),
    ready: () => link.ready(),
    health: () => link.health(),
    breakers: () => link.breakers(),
    on: (listener) => link.on(listener),
    close: (drain) => link.close(drain),
  }
}

function inTimeOf(
  clock: ManualClock,
  { channel, ...store }: Store<Uint8Array>,
  hears: boolean,
): Store<Entry> {
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
        replaced: () => listener.replaced(),
      },
      what,
    ),
})
