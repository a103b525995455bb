/*
 * The link itself: puts together what the other files are about. Calls go to the topology, which knows the peers;
 * subscriptions to the subscriber; and what happens to connections comes back here as events.
 */

import { isCacheError, stayAwake } from '@larder/core'
import type { BreakerState } from './breaker.ts'
import { Call, type Caller } from './call.ts'
import { Deadlines } from './deadlines.ts'
import { down, neverConnected } from './errors.ts'
import { healthOf, type LinkHealth, nodeHealth } from './health.ts'
import type { Argument, CallOptions, Link, LinkEvent, Reply } from './link.ts'
import type { ClusterEvents } from './cluster.ts'
import type { ScriptCheck, Settings } from './options.ts'
import type { Peer, PeerSurroundings } from './peer.ts'
import type { Script } from './script.ts'
import { ServerTime } from './server-time.ts'
import { Subscriber } from './subscriber.ts'
import type { SubscriptionListener } from './subscription.ts'
import { Ticks } from './ticks.ts'
import type { Topology } from './topology.ts'

/** Heartbeats between two looks at who the server is. */
const BEATS_PER_PULSE = 4
const DEFAULT_DRAIN = 1_000

export class OpenedLink implements Link {
  readonly name: string
  readonly deadline: number
  readonly #settings: Settings
  /** What is known to be unwise of a client that was given. */
  readonly #advice: readonly string[]
  readonly #deadlines: Deadlines
  readonly #topology: Topology
  readonly #subscriber: Subscriber
  readonly #time: ServerTime
  readonly #listeners = new Set<(event: LinkEvent) => void>()
  readonly #ready: { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void }
  /** Has the calls that no peer has taken yet. */
  readonly #nobody: Caller = {
    heard() {},
    failed: (call, error) => call.fail(error),
    late: (call) => call.fail(down(this.name, 'not connected yet')),
  }
  /** How many there were. */
  #calls = 0
  #isClosed: Promise<void> | undefined
  #stopWaiting: () => void = () => {}

  constructor(
    settings: Settings,
    topologyOf: (around: PeerSurroundings, events: ClusterEvents) => Topology,
    advice: readonly string[] = [],
  ) {
    this.#advice = advice
    const { clock, name, heartbeat, deadline, connectTimeout } = settings
    this.#settings = settings
    this.name = name
    this.deadline = deadline
    this.#deadlines = new Deadlines(clock)
    this.#time = new ServerTime(clock)
    this.#ready = deferred()
    this.#ready.promise.catch(() => {})
    const ticks = new Ticks(clock, heartbeat)
    const around = { name, clock, ticks, deadlines: this.#deadlines, deadline, connectTimeout }
    this.#topology = topologyOf({ ...around, pulse: heartbeat * BEATS_PER_PULSE }, this.#peerEvents())
    const topology = this.#topology
    this.#subscriber = new Subscriber({
      ...around,
      heartbeat,
      calls: () => this.#calls,
      isSharded: topology.isCluster,
      nodeOf: (channel) => (topology.isCluster ? topology.nodeOf(channel) : ''),
      identityOf: (node) => this.#peerOf(node)?.greeting?.identity,
      stillServes: (node, channels) => this.#stillServes(node, channels),
      find: (node) => topology.find(node),
      moved: () => topology.refresh(),
    })
    this.#awaitConnection()
    topology.open()
  }

  get isCluster(): boolean {
    return this.#topology.isCluster
  }

  call(command: readonly [string, ...Argument[]], options: CallOptions = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = new Call(command, options.deadline ?? this.deadline, this.#nobody, resolve, reject)
      this.#send(call, options.key ?? keyOf(command), options.node)
    })
  }

  run(
    script: Script,
    keys: readonly string[],
    args: readonly Argument[],
    options: CallOptions = {},
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const command = ['evalsha', script.digest, keys.length, ...keys, ...args] as const
      const call = new Call(command, options.deadline ?? this.deadline, this.#nobody, resolve, reject)
      call.script = script.text
      this.#send(call, options.key ?? keys[0], options.node)
    })
  }

  nodeOf(key: string): string | undefined {
    return this.#topology.nodeOf(key)
  }

  primaries(): Promise<readonly (string | undefined)[]> {
    return this.#topology.primaries()
  }

  subscribe(channels: readonly string[], listener: SubscriptionListener): () => void {
    if (this.#isClosed !== undefined) return () => {}
    return this.#subscriber.listen([...new Set(channels)], listener)
  }

  time(): { readonly now: number; readonly error: number } {
    return this.#time.get()
  }

  ready(): Promise<void> {
    // Who is waited for a while only: the process must not end meanwhile for want of anything else to do.
    if (this.#settings.connectDeadline === undefined) return this.#ready.promise
    return this.#ready.promise.finally(stayAwake())
  }

  health(): Promise<LinkHealth> {
    const { clock, scripts } = this.#settings
    const problems = this.#isClosed !== undefined ? ['the link is closed'] : this.#topology.problems()
    const known = { problems, advice: this.#advice }
    return healthOf(this.#topology.peers(), known, (peer) =>
      nodeHealth(peer, clock, scripts, (on, check) => this.#runOn(on, check)),
    )
  }

  breakers(): readonly BreakerState[] {
    return this.#topology.peers().map(({ breaker, isUp }) => (isUp ? breaker.state : 'open'))
  }

  on(listener: (event: LinkEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(drain: number = DEFAULT_DRAIN): Promise<void> {
    this.#isClosed ??= this.#close(drain)
    return this.#isClosed
  }

  /** A script on this very node, whatever its keys. */
  #runOn(peer: Peer, { script, keys, args }: ScriptCheck): Promise<Reply> {
    const [node] = this.isCluster ? [peer.id] : []
    return this.run(script, keys, args, node === undefined ? {} : { node })
  }

  #send(call: Call, key: string | undefined, node: string | undefined): void {
    if (this.#isClosed !== undefined) return call.fail(this.#closedError())
    this.#calls++
    this.#deadlines.add(call)
    this.#topology.send(call, key, node)
  }

  async #close(drain: number): Promise<void> {
    this.#stopWaiting()
    this.#subscriber.close()
    this.#ready.reject(this.#closedError())
    let stop = (): void => {}
    const enough = new Promise<void>((resolve) => {
      stop = this.#settings.clock.after(drain, resolve)
    })
    await Promise.race([enough, Promise.all(this.#topology.peers().map((peer) => peer.drained()))])
    stop()
    this.#topology.close(this.#closedError())
    this.#deadlines.stop()
    this.#listeners.clear()
  }

  #peerOf(node: string): Peer | undefined {
    const peers = this.#topology.peers()
    return this.isCluster ? peers.find(({ id }) => id === node) : peers[0]
  }

  /** Who may not ask must trust. */
  async #stillServes(node: string, channels: readonly string[]): Promise<boolean> {
    const command: readonly [string, ...string[]] = ['pubsub', 'shardnumsub', ...channels]
    const reply = await this.#peerOf(node)
      ?.ask(command)
      .catch((error: unknown) => {
        if (isCacheError(error, 'LINK_DENIED')) return 'unknown'
        throw error
      })
    if (!Array.isArray(reply)) return reply === 'unknown'
    return (reply as readonly Reply[]).every((count, i) => i % 2 === 0 || Number(count) > 0)
  }

  #closedError(): Error {
    return down(this.name, 'the link is closed')
  }

  #peerEvents(): ClusterEvents {
    return {
      up: (peer) => {
        this.#tell({ type: 'up', node: peer.id })
        if (this.#topology.isReady) this.#connected()
      },
      down: (peer, error) => this.#tell({ type: 'down', node: peer.id, error }),
      trying: (peer) => this.#tell({ type: 'reconnecting', node: peer.id }),
      breaker: (peer, state) => this.#tell({ type: 'breaker', node: peer.id, state }),
      rearranged: () => this.#subscriber.settle(),
      met: (peer, greeting, isNew) => this.#time.add(peer.id, greeting.time, isNew),
      changed: (peer) => {
        this.#tell({ type: 'identity', node: peer.id })
        this.#subscriber.changed(this.isCluster ? peer.id : '')
      },
    }
  }

  #connected(): void {
    this.#stopWaiting()
    this.#ready.resolve()
  }

  #awaitConnection(): void {
    const { connectDeadline, clock } = this.#settings
    if (connectDeadline === undefined) return
    this.#stopWaiting = clock.after(connectDeadline, () => {
      const cause = this.#topology.peers().find((peer) => peer.lastError !== undefined)?.lastError
      this.#ready.reject(neverConnected(this.name, connectDeadline, cause))
    })
  }

  #tell(event: LinkEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch {
        // Who watches must not disturb.
      }
    }
  }
}

function keyOf(command: readonly [string, ...Argument[]]): string | undefined {
  const first = command[1]
  return typeof first === 'string' ? first : undefined
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve = (): void => {}
  let reject = (_error: Error): void => {}
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
