/*
 * The connections of a process whose network is a proxy: the one on which it hears what others change, and the others.
 */

import type { FaultProxy, RedisServer } from '@larder/testing/servers'

export interface Lines {
  readonly subscribed: FaultProxy['connections']
  readonly others: FaultProxy['connections']
}

export async function linesOf(server: RedisServer, proxy: FaultProxy): Promise<Lines> {
  const clients = String(await server.command('CLIENT', 'LIST')).split('\n')
  const subscribed = new Set(
    clients.filter((line) => /\bs?sub=[1-9]/.test(line)).map((line) => /\baddr=(\S+)/.exec(line)?.[1]),
  )
  const all = proxy.connections
  return {
    subscribed: all.filter(({ address }) => subscribed.has(address)),
    others: all.filter(({ address }) => !subscribed.has(address)),
  }
}
