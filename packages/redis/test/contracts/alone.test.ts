/*
 * One server keeps the contracts, by URL, by options, over TLS, under Sentinel, and through a network that is cut.
 */

import { channelContract } from '@larder/testing'
import {
  faultProxy,
  type FaultProxy,
  type RedisServer,
  type SentinelServers,
  startRedis,
  startSentinel,
} from '@larder/testing/servers'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { Link } from '../../src/link/link.ts'
import { openLink } from '../../src/link/open.ts'
import { AS_CACHE, bytesOver } from '../servers.ts'
import { KILL_LISTENERS, keepsContracts } from './keeps-contracts.ts'

interface Servers {
  readonly alone: RedisServer
  /** Of which nobody else minds when it is replaced. */
  readonly behind: RedisServer
  readonly proxy: FaultProxy
  readonly tls: RedisServer
  readonly sentinel: SentinelServers
}
const running: { servers?: Servers } = {}

beforeAll(async () => {
  const [alone, behind, tls, sentinel] = await Promise.all([
    startRedis({ config: AS_CACHE }),
    startRedis({ config: AS_CACHE }),
    startRedis({ tls: true, config: AS_CACHE }),
    startSentinel(),
  ])
  running.servers = { alone, behind, tls, sentinel, proxy: await faultProxy({ target: behind }) }
}, 180_000)

afterAll(async () => {
  const { proxy, ...places } = servers()
  await proxy.close()
  await Promise.all(Object.values(places).map((place) => place.stop()))
})

function servers(): Servers {
  if (running.servers === undefined) throw new Error('servers run only during tests')
  return running.servers
}

keepsContracts('Redis by URL', {
  where: () => servers().alone.url,
  interrupt: () => servers().alone.command(...KILL_LISTENERS),
  caches: 'also-deaf',
  tiers: true,
})

const pair: { here?: Link; there?: Link } = {}
afterAll(() => Promise.all([pair.here?.close(), pair.there?.close()]))

channelContract('Redis behind a network that is cut', {
  async open() {
    pair.here ??= openLink(servers().proxy.url, { deadline: '5s', heartbeat: 20 })
    pair.there ??= openLink(servers().behind.url, { deadline: '5s', heartbeat: 20 })
    await Promise.all([pair.here.ready(), pair.there.ready()])
    const prefix = randomUUID()
    return [bytesOver(pair.here, prefix), bytesOver(pair.there, prefix)]
  },
  keeps: 'bytes',
  /** Away for as long as it takes to say something that is not heard. */
  async interrupt() {
    const { proxy } = servers()
    proxy.refuse()
    proxy.cutAll()
    await pair.there?.call(['PUBLISH', 'nobody', 'hears'])
    await proxy.accept()
  },
  replace: () => servers().behind.restart({ empty: true }),
})

keepsContracts('Redis by options', {
  where: () => ({ host: '127.0.0.1', port: servers().alone.port }),
  interrupt: () => servers().alone.command(...KILL_LISTENERS),
  caches: false, // the link is that of the URL
})

keepsContracts('Redis over TLS', {
  where: () => ({ url: servers().tls.url, tls: { ca: servers().tls.ca ?? '' } }),
  interrupt: () => servers().tls.command(...KILL_LISTENERS),
})

keepsContracts('Redis under Sentinel', {
  where: () => ({ sentinel: { name: servers().sentinel.name, nodes: servers().sentinel.sentinelAddresses } }),
  interrupt: () => servers().sentinel.primary.command(...KILL_LISTENERS),
})
