/*
 * A cluster keeps the contracts, over a connection of ours and over every client that can be handed in. It tells nothing of
 * what others change, so caches ask it every time.
 */

import { type ClusterServers, startCluster } from '@larder/testing/servers'
import { Cluster as Cluster5 } from 'ioredis-5'
import { Cluster as Cluster6 } from 'ioredis-6'
import { Cluster as ValkeyCluster } from 'iovalkey'
import { createCluster } from 'redis'
import { createCluster as createCluster5 } from 'redis-5'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GivenClient, openLink } from '../../src/link/open.ts'
import { AS_CACHE, bytesOver } from '../servers.ts'
import { closing, connected, endsClients, keepsContracts } from './keeps-contracts.ts'

const held: { servers?: ClusterServers } = {}
beforeAll(async () => {
  held.servers = await startCluster({ replicas: 0, config: AS_CACHE })
}, 180_000)
afterAll(() => held.servers?.stop())
endsClients()

function nodes(): { host: string; port: number }[] {
  if (held.servers === undefined) throw new Error('servers run only during tests')
  return [...held.servers.addresses]
}
const rootNodes = (): { url: string }[] =>
  nodes().map(({ host, port }) => ({ url: `redis://${host}:${port}` }))

keepsContracts('a cluster', { where: () => ({ cluster: { nodes: nodes() } }) })

/** Caches are judged over the newest of each family; to a cache the older ones are the same store. */
const clients: Readonly<Record<string, () => GivenClient | Promise<GivenClient>>> = {
  'ioredis 5': () => closing(new Cluster5(nodes())),
  'ioredis 6': () => closing(new Cluster6(nodes())),
  iovalkey: () => closing(new ValkeyCluster(nodes())),
  'node-redis 5': () => connected(createCluster5({ rootNodes: rootNodes() })),
  'node-redis 6': () => connected(createCluster({ rootNodes: rootNodes() })),
}

for (const [name, make] of Object.entries(clients)) {
  keepsContracts(`a cluster by ${name}`, { where: make, caches: name.endsWith('6') })
}

test('what others change is not told on a cluster, so caches ask it every time', async () => {
  const link = openLink({ cluster: { nodes: nodes() } })
  await link.ready()
  const store = bytesOver(link, 'p')
  const parts = ['a:1', 'a:2', 'a:3', 'a:4', 'a:5', 'a:6', 'a:7', 'a:8'].map((key) => store.partOf?.(key))

  expect(store.channel).toBe(undefined)
  expect(new Set(parts).size).toBe(3)
  await link.close()
})
