/*
 * Every kind of client a link may be given, and what it takes to end it. No test runner in here: processes of tests use it
 * as well.
 */

import { Redis as Redis5 } from 'ioredis-5'
import { Redis as Redis6 } from 'ioredis-6'
import { Redis as Valkey } from 'iovalkey'
import { createClient as createClient6 } from 'redis'
import { createClient as createClient5 } from 'redis-5'

export interface Kind {
  readonly name: string
  /** A client for the server at `url`; or the place itself. */
  make(url: string): { readonly where: string | object; readonly end: () => void }
}

interface IoredisLike {
  on(event: 'error', listener: () => void): unknown
  disconnect(): void
}

interface NodeRedisLike {
  readonly isOpen: boolean
  on(event: 'error', listener: () => void): unknown
  connect(): Promise<unknown>
  destroy(): void
}

const ioredis = (name: string, make: (url: string) => IoredisLike): Kind => ({
  name,
  make(url) {
    const where = make(url)
    return { where, end: () => where.disconnect() }
  },
})

const nodeRedis = (name: string, make: (url: string) => NodeRedisLike): Kind => ({
  name,
  make(url) {
    const where = make(url)
    where.on('error', () => {})
    where.connect().catch(() => {})
    return {
      where,
      end() {
        if (where.isOpen) where.destroy()
      },
    }
  },
})

/** As the settings of clients should be; `retry` says how soon they come back. */
const careful = { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, retryStrategy: () => 50 }
const soon = { reconnectStrategy: () => 50 }

export const OWN: readonly Kind[] = [
  { name: 'a URL', make: (url) => ({ where: url, end() {} }) },
  {
    name: 'options',
    make(url) {
      const { hostname, port } = new URL(url)
      return { where: { host: hostname, port: Number(port) }, end() {} }
    },
  },
]

export const GIVEN: readonly Kind[] = [
  ioredis('ioredis 5', (url) => new Redis5(url, careful)),
  ioredis('ioredis 6', (url) => new Redis6(url, careful)),
  ioredis('ioredis 6 with RESP 3', (url) => new Redis6(url, { ...careful, protocol: 3 })),
  ioredis('iovalkey', (url) => new Valkey(url, careful)),
  nodeRedis('node-redis 5', (url) => createClient5({ url, socket: soon })),
  nodeRedis('node-redis 6', (url) => createClient6({ url, socket: soon })),
  nodeRedis('node-redis 6 with RESP 3', (url) => createClient6({ url, RESP: 3, socket: soon })),
]

export const KINDS: readonly Kind[] = [...OWN, ...GIVEN]
