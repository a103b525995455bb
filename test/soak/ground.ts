/*
 * The ground on which a soak takes place: one Redis, with a network of its own for each process; or a primary that Sentinels
 * replace when it is gone.
 */

import { faultProxy, startRedis, startSentinel } from '@larder/testing/servers'
import type { Loss } from './orders.ts'
import { failovers, networkTroubles, serverTroubles, type Troubles } from './troubles.ts'

export type Topology = 'alone' | 'sentinel'

export interface Ground {
  readonly server: string
  /** Where the process in this place finds it. */
  url(place: number): string
  networkTroubles(place: number): Troubles
  serverTroubles(lose: (loss: Loss) => void): Troubles
  heal(): Promise<void>
  stop(): Promise<void>
}

export async function alone(places: number, seed: number): Promise<Ground> {
  const server = await startRedis()
  const proxies = await Promise.all(
    Array.from({ length: places }, (_, place) => faultProxy({ target: server, seed: seed * 10 + place })),
  )
  return {
    server: `${server.program} ${server.version}`,
    url: (place) => proxies[place]?.url ?? server.url,
    networkTroubles(place) {
      const proxy = proxies[place]
      return proxy === undefined ? {} : networkTroubles(server, proxy)
    },
    serverTroubles: () => serverTroubles(server),
    async heal() {
      await Promise.all(proxies.map((proxy) => proxy.heal()))
    },
    async stop() {
      await Promise.all(proxies.map((proxy) => proxy.close()))
      await server.stop()
    },
  }
}

export async function watched(): Promise<Ground> {
  const servers = await startSentinel({ replicas: 2 })
  const nodes = servers.sentinelAddresses.map(({ host, port }) => `${host}:${port}`).join(',')
  return {
    server: `${servers.primary.program} ${servers.primary.version}, under Sentinel`,
    url: () => `redis+sentinel://${nodes}/${servers.name}`,
    // Processes are told by Sentinels where the servers are: nobody stands in between.
    networkTroubles: () => ({}),
    serverTroubles: (lose) => failovers(servers, lose),
    heal: async () => {},
    stop: () => servers.stop(),
  }
}
