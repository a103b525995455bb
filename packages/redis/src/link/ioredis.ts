/*
 * Lines over ioredis: connections of our own, made for one life each.
 *
 * Whatever ioredis would do when a connection ends is switched off: no reconnecting, no queue while it is away, nothing sent
 * twice. It also gets no password; the greeting sends that.
 *
 * Calls go through its queue in place of its own commands, and their bytes are written together: one write for a tick.
 * That is twice as fast as its public methods, and not promised by it: should a version want more of a command than a call
 * has, which the greeting finds out, the public methods are used.
 */

import { Redis, type RedisOptions } from 'ioredis'
import type { Duplex } from 'node:stream'
import { Call, type Caller, type Chunks, encode } from './call.ts'
import type { Line, LineEvents, Server } from './client.ts'
import type { ClusterSource } from './cluster.ts'
import type { Reply } from './link.ts'
import { type Address, idOf } from './options.ts'

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
  // A timer that would hold up the end of the process, for a connection that is destroyed at once.
  disconnectTimeout: 0,
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
  return ioredisLine(redis as unknown as IoredisClient, events)
}

/** A line over a client of ioredis (or iovalkey) that was made for it and is not yet connected. */
function ioredisLine(redis: IoredisClient, events: LineEvents): Line {
  const line = new IoredisLine(redis)
  watch(redis, events)
  redis.connect().catch(() => {})
  return line
}

/**
 * A client that somebody else has made, as a server: calls go over its own connection, by its public methods, whenever it
 * is ready; it comes back by its own means. Subscribers are duplicates of it, which are ours.
 */
export function givenIoredis(redis: IoredisClient, id: string, mustBePrimary: boolean = false): Server {
  handleErrors(redis)
  return {
    id,
    mustBePrimary,
    dial(use, events) {
      if (use === 'data') return new GivenLine(redis, events)
      return ioredisLine(redis.duplicate({ ...ONE_LIFE, protocol: 2, keyPrefix: '' }), events)
    },
  }
}

/** What a cluster of ioredis or iovalkey is used for: its connections. Where slots are, the link finds out by itself. */
export interface IoredisCluster {
  readonly options: { readonly keyPrefix?: unknown; readonly redisOptions?: { readonly keyPrefix?: unknown } }
  nodes(role: 'master' | 'all'): readonly IoredisClient[]
  refreshSlotsCache(done: () => void): void
  on(event: string, listener: () => void): unknown
}

export function givenCluster(cluster: IoredisCluster): ClusterSource {
  handleErrors(cluster)
  const idsOf = (nodes: readonly IoredisClient[]): readonly string[] =>
    nodes.map(({ options }) => idOf(options as Address))
  return {
    seeds: () => idsOf(cluster.nodes('all')),
    server(id) {
      const nodes = cluster.nodes('all')
      const node = nodes[idsOf(nodes).indexOf(id)]
      if (node !== undefined) return givenIoredis(node, id, true)
      cluster.refreshSlotsCache(() => {})
      throw new Error(`the client is not connected to ${id} yet`)
    },
  }
}

const handled = new WeakSet<object>()

/** A client without a listener for errors prints them, or ends the process. */
export function handleErrors(client: { on(event: string, listener: () => void): unknown }): void {
  if (handled.has(client)) return
  handled.add(client)
  client.on('error', () => {})
}

/** What ioredis 5, 6 and iovalkey have in common, as far as it is used. */
export interface IoredisClient {
  readonly status: string
  readonly options: object
  connect(): Promise<void>
  disconnect(reconnect?: boolean): void
  duplicate(override: object): IoredisClient
  callBuffer(name: string, ...args: readonly (string | Buffer)[]): Promise<unknown>
  on(event: string, listener: (...args: never[]) => void): unknown
  removeListener(event: string, listener: (...args: never[]) => void): unknown
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
    // An answer too many: nobody can say which of those before it were the right ones.
    if (OUT_OF_STEP.test(error.message)) (redis as Inside).stream?.destroy()
  })
  redis.on('connect', () => catchWhatIsThrown(redis))
  redis.on('ready', () => events.opened())
  redis.on('close', over)
  redis.on('end', over)
  redis.on('message', (channel: string, text: string) => events.message(channel, text))
  redis.on('smessage', (channel: string, text: string) => events.message(channel, text))
  redis.on('moved', () => events.unsubscribed())
}

/** What ioredis says of an answer that it has not asked for. */
const OUT_OF_STEP = /^Command queue state error/

/**
 * ioredis throws at some of those answers, where nobody could catch it: that would be the end of the
 * process, and is now that of the connection.
 */
function catchWhatIsThrown(redis: IoredisClient): void {
  const { stream } = redis as Inside
  if (stream === undefined) return
  const listeners = stream.listeners('data') as ((chunk: unknown) => void)[]
  for (const listener of listeners) {
    stream.removeListener('data', listener)
    stream.on('data', (chunk) => {
      try {
        listener.call(stream, chunk)
      } catch (error) {
        stream.destroy(error as Error)
      }
    })
  }
}

/** What is not in the types of ioredis, and is in every version that is supported. */
interface Inside {
  readonly stream?: Duplex
  sendCommand?(call: Call, collector: Collector): unknown
}

class IoredisLine implements Line {
  readonly isBlind = false
  readonly #redis: IoredisClient
  readonly #inside: Inside
  readonly #collector = new Collector()
  /** Whether this version knows no calls, only commands of its own. */
  #isPlain = false

  constructor(redis: IoredisClient) {
    this.#redis = redis
    this.#inside = redis as unknown as Inside
  }

  send(calls: readonly Call[]): void {
    if (this.#isPlain) return callPlainly(this.#redis, calls)
    const collector = this.#collector
    collector.aim(this.#inside.stream)
    try {
      // ioredis puts it into its queue and gives it to the collector; or rejects it, and does not.
      for (const call of calls) this.#inside.sendCommand?.(call, collector)
      collector.flush()
    } catch {
      this.#isPlain = true
      collector.flush()
      callPlainly(
        this.#redis,
        calls.filter((call) => !call.isSent),
      )
    }
  }

  /** Sharded ones one by one: those of one command must share a slot. */
  async subscribe(channels: readonly string[], isSharded: boolean): Promise<void> {
    if (!isSharded) await this.#redis.subscribe(...channels)
    else await Promise.all(channels.map((channel) => this.#redis.ssubscribe(channel)))
  }

  async unsubscribe(channels: readonly string[], isSharded: boolean): Promise<void> {
    if (!isSharded) await this.#redis.unsubscribe(...channels)
    else await Promise.all(channels.map((channel) => this.#redis.sunsubscribe(channel)))
  }

  /** To subscribe again is answered in the same order as a PING, and refused by a node that has given the slot away. */
  beat(channels: readonly string[], isSharded: boolean): Promise<void> {
    if (isSharded) return this.subscribe(channels, true)
    return new Promise((resolve, reject) => {
      this.send([new Call(['ping'], Infinity, NOBODY, () => resolve(), reject)])
    })
  }

  destroy(): void {
    this.#redis.disconnect()
    // A connection that hangs would be waited for.
    this.#inside.stream?.destroy()
  }

  release(): void {
    this.destroy()
  }
}

/** Has the PINGs, for which the subscriber waits. */
const NOBODY: Caller = { heard() {}, failed: (call, error) => call.fail(error), late() {} }

/** By what ioredis promises to everybody. */
function callPlainly(redis: IoredisClient, calls: readonly Call[]): void {
  const { stream } = redis as Inside
  if (calls.length > 1) stream?.cork()
  for (const call of calls) {
    call.isSent = true
    redis.callBuffer(call.name, ...call.args).then(
      (reply) => call.resolve(reply as Reply),
      (error: Error) => {
        if (NOT_WRITTEN.test(error.message)) call.isSent = false
        call.reject(error)
      },
    )
  }
  if (calls.length > 1) stream?.uncork()
}

/** What ioredis says of a command that it has not written. */
const NOT_WRITTEN = /isn't writeable|subscriber mode/

/** The connection of somebody else's client, for as long as it stays the same. */
class GivenLine implements Line {
  readonly isBlind = true
  readonly #redis: IoredisClient
  readonly #events: LineEvents
  readonly #opened = (): void => this.#events.opened()
  readonly #closed = (): void => this.#end(new Error('the client has lost its connection'))

  constructor(redis: IoredisClient, events: LineEvents) {
    this.#redis = redis
    this.#events = events
    redis.on('ready', this.#opened)
    redis.on('close', this.#closed)
    redis.on('end', this.#closed)
    if (redis.status === 'ready') process.nextTick(this.#opened)
    if (redis.status === 'wait') redis.connect().catch(() => {})
    if (redis.status === 'end') process.nextTick(this.#closed)
  }

  send(calls: readonly Call[]): void {
    // What is not ready would queue them.
    if (this.#redis.status !== 'ready') return rejectAll(calls, new Error('the client is not ready'))
    callPlainly(this.#redis, calls)
  }

  subscribe(): Promise<void> {
    return NO_SUBSCRIBER
  }

  unsubscribe(): Promise<void> {
    return NO_SUBSCRIBER
  }

  beat(): Promise<void> {
    return NO_SUBSCRIBER
  }

  destroy(): void {
    this.#forget()
    if (this.#redis.status !== 'ready') return
    const { stream } = this.#redis as Inside
    this.#redis.disconnect(true)
    stream?.destroy()
  }

  release(): void {
    this.#forget()
  }

  #end(error: Error): void {
    this.#forget()
    this.#events.closed(error)
  }

  #forget(): void {
    this.#redis.removeListener('ready', this.#opened)
    this.#redis.removeListener('close', this.#closed)
    this.#redis.removeListener('end', this.#closed)
  }
}

const NO_SUBSCRIBER = Promise.reject<void>(new Error('a connection that carries data does not subscribe'))
NO_SUBSCRIBER.catch(() => {})

export function rejectAll(calls: readonly Call[], error: Error): void {
  for (const call of calls) call.reject(error)
}

/** The bytes of one tick: texts joined, long byte arguments as they are, all in one write to the socket. */
class Collector implements Chunks {
  /** What ioredis looks for in a pipeline. */
  readonly isPipeline = true
  readonly destination: { readonly redis: { stream: Duplex | undefined } } = { redis: { stream: undefined } }
  #stream: Duplex | undefined
  #text = ''
  #isCorked = false

  aim(stream: Duplex | undefined): void {
    this.#stream = stream
    this.destination.redis.stream = stream
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
    this.#stream?.write(this.#text, 'latin1')
    this.#stream?.write(bytes)
    this.#text = ''
  }

  flush(): void {
    const text = this.#text
    const isCorked = this.#isCorked
    this.#text = ''
    this.#isCorked = false
    if (text !== '') this.#stream?.write(text, 'latin1')
    if (isCorked) this.#stream?.uncork()
  }
}
