/*
 * Servers and stores for tests, and their end.
 */

import type { Store } from '@larder/core'
import { type RedisOptions as ServerOptions, type RedisServer, startRedis } from '@larder/testing/servers'
import { afterAll, afterEach, beforeAll } from 'vitest'
import type { Link } from '../src/link/link.ts'
import { openLink } from '../src/link/open.ts'
import type { LinkOptions } from '../src/link/options.ts'
import { redisBytes } from '../src/redis.ts'

/** A server with which nothing is wrong. */
export const AS_CACHE = { maxmemory: '200mb', 'maxmemory-policy': 'allkeys-lru' } as const

/** The first start may have to fetch the program. */
const PATIENCE = 120_000

/** One server for all tests of a file. */
export function testServer(options: ServerOptions = {}): { readonly at: RedisServer } {
  const held: { server?: RedisServer } = {}
  beforeAll(async () => {
    held.server = await startRedis(options)
  }, PATIENCE)
  afterAll(async () => held.server?.stop())
  return {
    get at() {
      if (held.server === undefined) throw new Error('the server runs only during tests')
      return held.server
    },
  }
}

/** Links that are closed when the test is over. They wait long for an answer where no test is about how long. */
export function testLinks(): (url: string, options?: LinkOptions) => Promise<Link> {
  const links: Link[] = []
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.close()))
  })
  return async (url, options) => {
    const link = openLink(url, { deadline: '5s', ...options })
    links.push(link)
    await link.ready()
    return link
  }
}

export const bytesOver = (link: Link, prefix: string): Store<Uint8Array> =>
  redisBytes(link, { prefix, maxStaleness: 1_000 })

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

export const textIn = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes)
