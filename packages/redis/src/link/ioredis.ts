/*
 * Lines over ioredis: connections of our own, made for one life each.
 *
 * Whatever ioredis would do when a connection ends is switched off: no reconnecting, no queue while it is away, nothing sent
 * twice. It also gets no password; the greeting sends that.
 *
 * Calls go through its queue in place of its own commands, and their bytes are written together: one write for a tick.
 */

import { Redis, type RedisOptions } from 'ioredis'
import type { Duplex } from 'node:stream'
import { type Call, type Chunks, encode } from './call.ts'
import type { Line, LineEvents } from './client.ts'

export interface Address {
  readonly host?: string
  readonly port?: number
  readonly path?: string
  readonly tls?: object | undefined
}

/** What ioredis has to do for us, and only that. */
const ONE_LIFE: RedisOptions & { readonly protocol: 2 } = {
  // What version 6 asks for by itself is not needed, and costs a round trip.
  protocol: 2,
  disableClientInfo: true,
  lazyConnect: true,
  enableReadyCheck: false,
  enableOfflineQueue: false,
  enableAutoPipelining: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  // Also flushes what was in flight where ioredis 6.0.0 would forget it (its issue 2193).
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
  noDelay: true,
  keepAlive: 5_000,
}

export function dialIoredis(address: Address, connectTimeout: number, events: LineEvents): Line {
  const redis = new Redis({
    ...ONE_LIFE,
    ...address,
    connectTimeout,
    ...(address.tls !== undefined && { tls: address.tls }),
  })
  return ioredisLine(redis, events)
}

/** A line over a client of ioredis (or iovalkey) that was made for it and is not yet connected. */
export function ioredisLine(redis: IoredisClient, events: LineEvents): Line {
  const line = new IoredisLine(redis)
  watch(redis, events)
  redis.connect().catch(() => {})
  return line
}

/** What ioredis 5, 6 and iovalkey have in common, as far as it is used. */
export interface IoredisClient {
  readonly status: string
  readonly options: object
  connect(): Promise<void>
  disconnect(reconnect?: boolean): void
  on(event: string, listener: (...args: never[]) => void): unknown
  subscribe(...channels: string[]): Promise<unknown>
  unsubscribe(...channels: string[]): Promise<unknown>
  ssubscribe(...channels: string[]): Promise<unknown>
  sunsubscribe(...channels: string[]): Promise<unknown>
  ping(): Promise<unknown>
}

function watch(redis: IoredisClient, events: LineEvents): void {
  let reason: Error | undefined
  let isOver = false
  const over = (): void => {
    if (isOver) return
    isOver = true
    events.closed(reason ?? new Error('the connection was closed'))
  }
  redis.on('error', (error: Error) => {
    reason = error
  })
  redis.on('ready', () => events.opened())
  redis.on('close', over)
  redis.on('end', over)
  redis.on('message', (channel: string, text: string) => events.message(channel, text))
  redis.on('smessage', (channel: string, text: string) => events.message(channel, text))
  redis.on('moved', () => events.unsubscribed())
}

/** What is not in the types of ioredis, and is in every version that is supported. */
interface Inside {
  readonly stream?: Duplex
  sendCommand(call: Call, collector: Collector): unknown
}

class IoredisLine implements Line {
  readonly #redis: IoredisClient
  readonly #inside: Inside

  constructor(redis: IoredisClient) {
    this.#redis = redis
    this.#inside = redis as unknown as Inside
  }

  send(calls: readonly Call[]): void {
    const collector = new Collector(this.#inside.stream)
    // ioredis puts it into its queue and gives it to the collector; or rejects it, and does not.
    for (const call of calls) this.#inside.sendCommand(call, collector)
    collector.flush()
  }

  async subscribe(channels: readonly string[], isSharded: boolean): Promise<void> {
    await (isSharded ? this.#redis.ssubscribe(...channels) : this.#redis.subscribe(...channels))
  }

  async unsubscribe(channels: readonly string[], isSharded: boolean): Promise<void> {
    await (isSharded ? this.#redis.sunsubscribe(...channels) : this.#redis.unsubscribe(...channels))
  }

  async ping(): Promise<void> {
    await this.#redis.ping()
  }

  destroy(): void {
    this.#redis.disconnect()
    // A connection that hangs would be waited for.
    this.#inside.stream?.destroy()
  }
}

/** The bytes of one tick: texts joined, byte arguments as they are, all in one write to the socket. */
class Collector implements Chunks {
  /** What ioredis looks for in a pipeline. */
  readonly isPipeline = true
  readonly destination: { readonly redis: { readonly stream: Duplex | undefined } }
  readonly #stream: Duplex | undefined
  #text = ''
  #isCorked = false

  constructor(stream: Duplex | undefined) {
    this.#stream = stream
    this.destination = { redis: { stream } }
  }

  write(call: Call): void {
    call.isSent = true
    encode(call, this)
  }

  text(text: string): void {
    this.#text += text
  }

  bytes(bytes: Buffer): void {
    if (!this.#isCorked) this.#stream?.cork()
    this.#isCorked = true
    this.#stream?.write(this.#text)
    this.#stream?.write(bytes)
    this.#text = ''
  }

  flush(): void {
    if (this.#text !== '') this.#stream?.write(this.#text)
    if (this.#isCorked) this.#stream?.uncork()
  }
}
