/*
 * Lines over node-redis 5 and 6, for clients that somebody else has made.
 *
 * Calls go over the client's own connection while it is ready: when it is not, node-redis would queue them. It writes what
 * it was given in one go by itself. Subscribers are duplicates that do not reconnect, which are ours.
 */

import type { Call } from './call.ts'
import type { Line, LineEvents, Server } from './client.ts'
import type { ClusterSource } from './cluster.ts'
import { handleErrors, rejectAll } from './ioredis.ts'
import type { Reply } from './link.ts'

/** What clients of node-redis 5 and 6 have in common, as far as it is used. */
export interface NodeRedisClient {
  readonly isOpen: boolean
  readonly isReady: boolean
  readonly options?: { readonly socket?: object; readonly database?: number } | undefined
  connect(): Promise<unknown>
  destroy(): void
  duplicate(overrides: object): NodeRedisClient
  sendCommand(args: readonly (string | Buffer)[], options: object): Promise<unknown>
  ping(): Promise<unknown>
  subscribe(channels: string[], listener: Hear): Promise<void>
  unsubscribe(channels: string[], listener: Hear): Promise<void>
  sSubscribe(channels: string[], listener: Hear): Promise<void>
  sUnsubscribe(channels: string[], listener: Hear): Promise<void>
  on(event: string, listener: (...args: never[]) => void): unknown
  removeListener(event: string, listener: (...args: never[]) => void): unknown
}

type Hear = (text: string, channel: string) => void

/**
 * The type of a bulk string in RESP, '$': as bytes. And that of a verbatim text, '='. Without the timer that version 6
 * gives each command: it costs a third of what can be sent, and a call has its deadline.
 */
const AS_BYTES = { typeMapping: { 36: Buffer, 61: Buffer }, timeout: 0 }

export function givenNodeRedis(client: NodeRedisClient, id: string, mustBePrimary: boolean = false): Server {
  handleErrors(client)
  return {
    id,
    mustBePrimary,
    dial: (use, events) =>
      use === 'data' ? new GivenLine(client, events) : new SubscriberLine(client, events),
  }
}

/** What a cluster of node-redis is used for: its connections. Where slots are, the link finds out by itself. */
export interface NodeRedisCluster {
  readonly masters: readonly NodeRedisNode[]
  readonly replicas: readonly NodeRedisNode[]
  nodeClient(node: NodeRedisNode): NodeRedisClient | Promise<NodeRedisClient>
  on(event: string, listener: () => void): unknown
}

interface NodeRedisNode {
  readonly address: string
}

/** Not in its types: how it is told to look at the slots again, which it does by itself only when it is sent elsewhere. */
interface Inside {
  readonly _slots?: { rediscover?(client: NodeRedisClient): Promise<unknown> }
}

export function givenNodeRedisCluster(cluster: NodeRedisCluster): ClusterSource {
  handleErrors(cluster)
  return {
    seeds: () => cluster.masters.map((node) => node.address),
    async server(id) {
      const node = cluster.masters.find((each) => each.address === id)
      if (node !== undefined) return givenNodeRedis(await cluster.nodeClient(node), id, true)
      const first = cluster.masters[0]
      if (first !== undefined)
        (cluster as Inside)._slots?.rediscover?.(await cluster.nodeClient(first)).catch(() => {})
      throw new Error(`the client is not connected to ${id} yet`)
    },
  }
}

function send(client: NodeRedisClient, calls: readonly Call[]): void {
  if (!client.isReady) return rejectAll(calls, new Error('the client is not ready'))
  for (const call of calls) {
    call.isSent = true
    client.sendCommand([call.name, ...call.args], AS_BYTES).then(
      (reply) => call.resolve(reply as Reply),
      (error: Error) => call.reject(error),
    )
  }
}

/** The connection of somebody else's client, for as long as it stays the same. */
class GivenLine implements Line {
  readonly isBlind = true
  readonly #client: NodeRedisClient
  readonly #events: LineEvents
  readonly #opened = (): void => this.#events.opened()
  readonly #failed = (error: Error): void => {
    if (!this.#client.isReady) this.#end(error)
  }
  readonly #ended = (): void => this.#end(new Error('the client was closed'))

  constructor(client: NodeRedisClient, events: LineEvents) {
    this.#client = client
    this.#events = events
    client.on('ready', this.#opened)
    client.on('error', this.#failed)
    client.on('end', this.#ended)
    if (client.isReady) process.nextTick(this.#opened)
    if (!client.isOpen) {
      process.nextTick(() =>
        this.#end(new Error('the client was not connected, or closed: call its connect()')),
      )
    }
  }

  send(calls: readonly Call[]): void {
    send(this.#client, calls)
  }

  subscribe(): Promise<void> {
    return Promise.reject(new Error('a connection that carries data does not subscribe'))
  }

  unsubscribe(): Promise<void> {
    return this.subscribe()
  }

  beat(): Promise<void> {
    return this.subscribe()
  }

  /** It has no way to say "another connection, please" than to close and to open again. */
  destroy(): void {
    this.#forget()
    if (!this.#client.isReady) return
    this.#client.destroy()
    this.#client.connect().catch(() => {})
  }

  release(): void {
    this.#forget()
  }

  #end(error: Error): void {
    this.#forget()
    this.#events.closed(error)
  }

  #forget(): void {
    this.#client.removeListener('ready', this.#opened)
    this.#client.removeListener('error', this.#failed)
    this.#client.removeListener('end', this.#ended)
  }
}

class SubscriberLine implements Line {
  readonly isBlind = true
  readonly #client: NodeRedisClient
  readonly #events: LineEvents
  #isOver = false
  readonly #hear: Hear = (text, channel) => this.#events.message(channel, text)

  constructor(given: NodeRedisClient, events: LineEvents) {
    this.#events = events
    this.#client = given.duplicate({
      disableOfflineQueue: true,
      pingInterval: undefined,
      clientSideCache: undefined,
      socket: { ...given.options?.socket, reconnectStrategy: false, socketTimeout: undefined },
    })
    this.#client.on('error', (error: Error) => this.#end(error))
    this.#client.on('end', () => this.#end(new Error('the connection was closed')))
    this.#client.on('sharded-channel-moved', () => events.unsubscribed())
    this.#client.connect().then(
      () => events.opened(),
      (error: Error) => this.#end(error),
    )
  }

  send(calls: readonly Call[]): void {
    send(this.#client, calls)
  }

  subscribe(channels: readonly string[], isSharded: boolean): Promise<void> {
    if (!isSharded) return this.#client.subscribe([...channels], this.#hear)
    return all(channels.map((channel) => this.#client.sSubscribe([channel], this.#hear)))
  }

  unsubscribe(channels: readonly string[], isSharded: boolean): Promise<void> {
    if (!isSharded) return this.#client.unsubscribe([...channels], this.#hear)
    return all(channels.map((channel) => this.#client.sUnsubscribe([channel], this.#hear)))
  }

  /** To subscribe again would send nothing. A slot that moves away is an event, which is lost while a PING is under way. */
  async beat(): Promise<void> {
    await this.#client.ping()
  }

  destroy(): void {
    this.#isOver = true
    if (this.#client.isOpen) this.#client.destroy()
  }

  release(): void {
    this.destroy()
  }

  #end(error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#events.closed(error)
  }
}

async function all(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.all(promises)
}
