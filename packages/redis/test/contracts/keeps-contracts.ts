/*
 * The contracts of stores, channels and caches, for one way to a place.
 */

import { redis } from '@larder/redis'
import { cacheContract, channelContract, storeContract } from '@larder/testing'
import { randomUUID } from 'node:crypto'
import { afterAll } from 'vitest'
import type { Link } from '../../src/link/link.ts'
import { openLink } from '../../src/link/open.ts'
import { onTime } from '../on-time.ts'
import { bytesOver } from '../servers.ts'

type Where = Parameters<typeof openLink>[0]

export interface Way {
  /** A new way each time: two of them are two processes. */
  readonly where: () => Where | Promise<Where>
  /** Ends the connections on which somebody listens. Without it the place tells nothing. */
  readonly interrupt?: () => Promise<unknown>
  /** Whether caches are judged; also such as are told nothing although they could be. Default: yes. */
  readonly caches?: boolean | 'also-deaf'
  /** Whether tiers are judged of which this is the far one. */
  readonly tiers?: boolean
}

/** Registers all contracts. One link for all rules: what is judged is the store, and links have tests of their own. */
export function keepsContracts(name: string, { where, interrupt, caches = true, tiers = false }: Way): void {
  const links = new Map<string, Promise<Link>>()
  const linkFor = (who: string): Promise<Link> => {
    const link = links.get(who) ?? opened(where)
    links.set(who, link)
    return link
  }
  afterAll(async () => {
    await Promise.all([...links.values()].map(async (link) => (await link).close()))
  })
  const prefix = (): string => `larder:${randomUUID()}`

  storeContract(name, {
    open: async (clock) => redis({ link: await linkFor('here'), prefix: prefix(), clock }),
    keeps: 'entries',
  })
  storeContract(`${name}, as bytes,`, {
    open: async () => bytesOver(await linkFor('here'), prefix()),
    keeps: 'bytes',
  })
  if (interrupt !== undefined) {
    channelContract(name, {
      open: async () => {
        const same = prefix()
        return [bytesOver(await linkFor('here'), same), bytesOver(await linkFor('there'), same)]
      },
      keeps: 'bytes',
      interrupt: async () => void (await interrupt()),
    })
  }
  if (!caches) return
  cacheContract(
    `a cache on ${name}`,
    onTime(() => linkFor('here')),
  )
  if (caches === 'also-deaf') {
    cacheContract(
      `a cache on ${name} that is told nothing`,
      onTime(() => linkFor('here'), { hears: false }),
    )
  }
  if (!tiers) return
  cacheContract(`a cache in two tiers on ${name}`, {
    ...onTime(() => linkFor('here'), { near: true }),
    peeks: true,
  })
}

async function opened(where: Way['where']): Promise<Link> {
  const link = openLink(await where(), { deadline: '5s', heartbeat: 20 })
  await link.ready()
  return link
}

/** Ends the connections of all who listen, as a server does that has too much to tell them. */
export const KILL_LISTENERS = ['CLIENT', 'KILL', 'TYPE', 'pubsub'] as const

interface Ended {
  end(): unknown
}
const clients: Ended[] = []

/** Clients that were handed in end when all is over. */
export function endsClients(): void {
  afterAll(async () => {
    await Promise.all(clients.splice(0).map(async (client) => client.end()))
  })
}

export function closing<C extends { disconnect(): unknown }>(client: C): C {
  clients.push({ end: () => client.disconnect() })
  return client
}

interface NodeRedisLike {
  on(event: 'error', listener: () => void): unknown
  connect(): Promise<unknown>
  destroy(): unknown
}

export async function connected<C extends NodeRedisLike>(client: C): Promise<C> {
  client.on('error', () => {})
  await client.connect()
  clients.push({ end: () => client.destroy() })
  return client
}
