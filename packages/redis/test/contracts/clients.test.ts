/*
 * One server keeps the contracts, over every client that can be handed in.
 */

import { Redis as Redis5 } from 'ioredis-5'
import { Redis as Redis6 } from 'ioredis-6'
import { Redis as Iovalkey } from 'iovalkey'
import { createClient } from 'redis'
import { createClient as createClient5 } from 'redis-5'
import type { GivenClient } from '../../src/link/open.ts'
import { AS_CACHE, testServer } from '../servers.ts'
import { closing, connected, endsClients, KILL_LISTENERS, keepsContracts } from './keeps-contracts.ts'

const server = testServer({ config: AS_CACHE })
endsClients()

const clients: Readonly<Record<string, () => GivenClient | Promise<GivenClient>>> = {
  'ioredis 5': () => closing(new Redis5(server.at.port)),
  'ioredis 6': () => closing(new Redis6(server.at.port)),
  iovalkey: () => closing(new Iovalkey(server.at.port)),
  'node-redis 5': () => connected(createClient5({ url: server.at.url })),
  'node-redis 6': () => connected(createClient({ url: server.at.url })),
}

/** To a cache they are the same stores as those that follow them. */
const OLDER = ['ioredis 5', 'node-redis 5']

for (const [name, make] of Object.entries(clients)) {
  keepsContracts(`Redis by ${name}`, {
    where: make,
    interrupt: () => server.at.command(...KILL_LISTENERS),
    caches: !OLDER.includes(name),
  })
}
