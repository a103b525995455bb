/*
 * A cache on Redis keeps the contract of caches: alone and on a cluster, with what it is told and without.
 *
 * The clock of the contract stands still. So the time of the place is taken from it here, and so are proofs. What that
 * makes impossible is listed in skips.ts.
 */

import { type Channel, codec, createCache, encoded, type Entry, type Store } from '@larder/core'
import { cacheContract, type ManualClock } from '@larder/testing'
import { type ClusterServers, startCluster } from '@larder/testing/servers'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { Link } from '../src/link/link.ts'
import { openLink } from '../src/link/open.ts'
import { OVER_A_NETWORK, WITHOUT_A_CHANNEL } from './skips.ts'
import { AS_CACHE, bytesOver, testServer } from './servers.ts'

const server = testServer({ config: AS_CACHE })
const held: { alone?: Link; cluster?: Link; servers?: ClusterServers } = {}

beforeAll(async () => {
  const servers = await startCluster({ config: AS_CACHE })
  held.servers = servers
  held.alone = openLink(server.at.url, { deadline: '5s' })
  held.cluster = openLink({ cluster: { nodes: servers.addresses } }, { deadline: '5s' })
  await Promise.all([held.alone.ready(), held.cluster.ready()])
}, 180_000)
afterAll(async () => {
  await held.alone?.close()
  await held.cluster?.close()
  await held.servers?.stop()
})

function onTime(link: Link | undefined, clock: ManualClock, hears: boolean): Store<Entry> {
  if (link === undefined) throw new Error('links are open only during tests')
  const { channel, ...store } = bytesOver(link, randomUUID())
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

cacheContract('a cache on Redis', {
  open: (tools) => createCache({ ...tools, store: onTime(held.alone, tools.clock, true) }),
  skip: OVER_A_NETWORK,
})

cacheContract('a cache on Redis that is told nothing', {
  open: (tools) => createCache({ ...tools, store: onTime(held.alone, tools.clock, false) }),
  skip: WITHOUT_A_CHANNEL,
})

cacheContract('a cache on a cluster', {
  open: (tools) => createCache({ ...tools, store: onTime(held.cluster, tools.clock, false) }),
  skip: WITHOUT_A_CHANNEL,
})
