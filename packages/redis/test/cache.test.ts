/*
 * A cache on Redis keeps the contract of caches: alone and on a cluster, with what it is told and without.
 *
 * The clock of the contract stands still: see on-time.ts. What that makes impossible is listed in skips.ts.
 */

import { createCache } from '@larder/core'
import { cacheContract } from '@larder/testing'
import { type ClusterServers, startCluster } from '@larder/testing/servers'
import { afterAll, beforeAll } from 'vitest'
import type { Link } from '../src/link/link.ts'
import { openLink } from '../src/link/open.ts'
import { onTime } from './on-time.ts'
import { AS_CACHE, testServer } from './servers.ts'
import { OVER_A_NETWORK, WITHOUT_A_CHANNEL } from './skips.ts'

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
