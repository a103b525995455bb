/*
 * The subscriber: what is published, heard by all who listen, and how it is known that nothing was missed.
 *
 * One connection for each node that serves channels, opened for the first listener and closed after the last. A server
 * answers one connection in order, so the answer to a PING proves that what was published before it has been handed
 * over. It counts only for channels that the server had confirmed, on the same connection, before the PING was sent.
 *
 *   SUBSCRIBE c ──▶ confirmed ──▶ PING (t1) … messages … PONG ──▶ proven(t1) ──▶ PING (t2) …
 *                                     └── no PONG for two intervals: away with the connection, gap()
 *
 * It proves nothing of what is published elsewhere: a subscription on an old primary goes on being answered. So the server
 * must be the one that the connection for data leads to.
 *
 * On a cluster the channels are sharded, and subscribing again takes the place of the PING: it is answered in the same
 * order, and refused by a node that no longer serves the channel.
 */

import type { Line, Server } from './client.ts'
import { Kept, type Surroundings } from './kept.ts'
import type { SubscriptionListener } from './subscription.ts'
import type { Ticks } from './ticks.ts'

const UNANSWERED_BEATS = 2
/** After so many without a call the link is quiet. */
const QUIET_BEATS = 8
/** Between two PINGs on a quiet link, in heartbeats: as often the peer looks at who the server is. */
const LONGEST_PAUSE = 4

export interface SubscriberSurroundings extends Surroundings {
  /** Between two PINGs, ms. */
  readonly heartbeat: number
  readonly ticks: Ticks
  /** How many calls there were on the link. */
  calls(): number
  readonly isSharded: boolean
  /** The node that serves a channel; undefined while nobody knows. */
  nodeOf(channel: string): string | undefined
  /** Which server that node is, as the connection for data knows; undefined if nobody may ask. */
  identityOf(node: string): string | undefined
  /** Whether the node still has subscribers of all these channels: it has none of those it gave away. */
  stillServes(node: string, channels: readonly string[]): Promise<boolean>
  /** Where to dial for that node. */
  find(node: string): Promise<Server> | Server
  /** A channel is served by another node than was thought. */
  moved(): void
}

interface Listening {
  readonly channels: readonly string[]
  readonly listener: SubscriptionListener
  /** By node: when the last PING was sent that proves all the channels it serves. */
  readonly proofs: Map<string, number>
  proven: number
}

export class Subscriber {
  readonly #around: SubscriberSurroundings
  readonly #listenings = new Set<Listening>()
  readonly #byChannel = new Map<string, Set<Listening>>()
  /** By node; as many as serve channels that somebody listens on. */
  readonly #ears = new Map<string, Ear>()

  constructor(around: SubscriberSurroundings) {
    this.#around = around
  }

  listen(channels: readonly string[], listener: SubscriptionListener): () => void {
    const listening: Listening = { channels, listener, proofs: new Map(), proven: -Infinity }
    this.#listenings.add(listening)
    for (const channel of channels) {
      const known = this.#byChannel.get(channel)
      if (known === undefined) this.#byChannel.set(channel, new Set([listening]))
      else known.add(listening)
    }
    this.settle()
    return () => this.#stop(listening)
  }

  /** Something was learned of where channels are served, or who listens to what has changed. */
  settle(): void {
    const wanted = new Map<string, Set<string>>()
    for (const channel of this.#byChannel.keys()) {
      const node = this.#around.nodeOf(channel)
      if (node === undefined) continue
      const channels = wanted.get(node)
      if (channels === undefined) wanted.set(node, new Set([channel]))
      else channels.add(channel)
    }
    for (const [node, ear] of this.#ears) {
      const channels = wanted.get(node)
      if (channels !== undefined) continue
      this.#ears.delete(node)
      ear.close()
      this.#gap(node, () => true)
    }
    for (const [node, channels] of wanted) this.#ear(node).want(channels)
  }

  /** A server is another one than before, or has lost its data. */
  changed(node: string): void {
    this.#gap(node, () => true)
    for (const { channels, listener } of this.#listenings) {
      if (channels.some((channel) => this.#around.nodeOf(channel) === node)) listener.replaced?.()
    }
  }

  close(): void {
    for (const ear of this.#ears.values()) ear.close()
    this.#ears.clear()
    this.#listenings.clear()
    this.#byChannel.clear()
  }

  #ear(node: string): Ear {
    const known = this.#ears.get(node)
    if (known !== undefined) return known
    const ear = new Ear(node, this.#around, {
      message: (channel, text) => this.#message(channel, text),
      gap: (channels) => this.#gap(node, (channel) => channels.has(channel)),
      proven: (since, channels) => this.#proven(node, since, channels),
      pause: (isQuiet) => this.#pause(isQuiet),
    })
    this.#ears.set(node, ear)
    ear.open()
    return ear
  }

  /**
   * Between two PINGs, ms. On a quiet link as long as may be: an answer that comes in time, and not so late that the connection
   * is replaced, still comes before the proof before it has ended.
   */
  #pause(isQuiet: boolean): number {
    const { heartbeat } = this.#around
    if (!isQuiet) return heartbeat
    let believedFor = Infinity
    for (const { listener } of this.#listenings)
      believedFor = Math.min(believedFor, listener.believedFor ?? 0)
    const beats = Math.floor(Math.min(believedFor / heartbeat - UNANSWERED_BEATS, LONGEST_PAUSE))
    return heartbeat * Math.max(1, beats)
  }

  #message(channel: string, text: string): void {
    for (const { listener } of this.#byChannel.get(channel) ?? []) listener.message(channel, text)
  }

  /** Whoever listens on such a channel of the node may have missed something. */
  #gap(node: string, isMissed: (channel: string) => boolean): void {
    for (const each of this.#listenings) {
      if (!each.proofs.has(node) || !each.channels.some(isMissed)) continue
      each.proofs.delete(node)
      each.proven = -Infinity
      each.listener.gap()
    }
  }

  #proven(node: string, since: number, confirmed: ReadonlySet<string>): void {
    for (const each of this.#listenings) {
      const nodes = new Set<string | undefined>()
      let isConfirmed = true
      for (const channel of each.channels) {
        const server = this.#around.nodeOf(channel)
        nodes.add(server)
        if (server === node && !confirmed.has(channel)) isConfirmed = false
      }
      if (!nodes.has(node) || !isConfirmed) continue
      each.proofs.set(node, since)
      const all = Math.min(
        ...[...nodes].map((id) => (id === undefined ? -Infinity : (each.proofs.get(id) ?? -Infinity))),
      )
      if (all <= each.proven) continue
      each.proven = all
      each.listener.proven(all)
    }
  }

  #stop(listening: Listening): void {
    if (!this.#listenings.delete(listening)) return
    for (const channel of listening.channels) {
      const left = this.#byChannel.get(channel)
      left?.delete(listening)
      if (left?.size === 0) this.#byChannel.delete(channel)
    }
    this.settle()
  }
}

interface EarEvents {
  message(channel: string, text: string): void
  gap(channels: ReadonlySet<string>): void
  /** All that was published on these channels before then has been handed over. */
  proven(since: number, channels: ReadonlySet<string>): void
  pause(isQuiet: boolean): number
}

/** One connection that listens to one node. */
class Ear {
  readonly #around: SubscriberSurroundings
  readonly #events: EarEvents
  readonly #kept: Kept
  #wanted: ReadonlySet<string> = new Set()
  #confirmed = new Set<string>()
  readonly #node: string
  #line: Line | undefined
  #identity: string | undefined
  #cancelBeat: () => void = () => {}
  /** How many calls of the link there were by the last PING, and how many PINGs ago there were fewer. */
  #calls = 0
  #quietBeats = 0

  constructor(node: string, around: SubscriberSurroundings, events: EarEvents) {
    this.#node = node
    this.#around = around
    this.#events = events
    this.#kept = new Kept(around, () => around.find(node), 'subscriber', {
      up: (line, greeting) => this.#up(line, greeting.identity),
      down: () => this.#down(),
      message: (channel, text) => events.message(channel, text),
      unsubscribed: () => this.#moved(new Error('the server has ended the subscription: its slot has moved')),
    })
  }

  open(): void {
    this.#kept.open()
  }

  close(): void {
    this.#cancelBeat()
    this.#line = undefined
    this.#kept.close()
  }

  want(channels: ReadonlySet<string>): void {
    const before = this.#wanted
    this.#wanted = channels
    const fresh = [...channels].filter((each) => !before.has(each))
    const stale = [...before].filter((each) => !channels.has(each))
    if (this.#line === undefined) return
    if (stale.length > 0) {
      for (const channel of stale) this.#confirmed.delete(channel)
      this.#line.unsubscribe(stale, this.#around.isSharded).catch(() => {})
    }
    if (fresh.length > 0) this.#subscribe(this.#line, fresh)
  }

  #up(line: Line, identity: string | undefined): void {
    this.#line = line
    this.#identity = identity
    this.#confirmed = new Set()
    this.#subscribe(line, [...this.#wanted])
  }

  #down(): void {
    this.#line = undefined
    this.#cancelBeat()
    const lost = this.#confirmed
    this.#confirmed = new Set()
    if (lost.size > 0) this.#events.gap(lost)
  }

  #subscribe(line: Line, channels: readonly string[]): void {
    this.#cancelBeat()
    // Also when others begin to listen meanwhile, and the next heartbeat waits for them instead.
    const confirmed = line.subscribe(channels, this.#around.isSharded).then(() => {
      if (this.#line !== line) return
      for (const channel of channels) {
        if (this.#wanted.has(channel)) this.#confirmed.add(channel)
      }
    })
    this.#within(line, confirmed, () => this.#beat(line))
  }

  #beat(line: Line): void {
    const since = this.#around.clock.now()
    const channels = new Set(this.#confirmed)
    this.#within(line, this.#ask(line, [...channels]), () => {
      if (this.#isElsewhere()) return this.#kept.replace(new Error('it is not the server that has the data'))
      this.#events.proven(since, channels)
      const left = since + this.#events.pause(this.#isQuiet()) - this.#around.clock.now()
      const next = (): void => this.#beat(line)
      this.#cancelBeat = left > 0 ? this.#around.ticks.after(left, next) : this.#around.clock.after(0, next)
    })
  }

  #isQuiet(): boolean {
    const calls = this.#around.calls()
    this.#quietBeats = calls === this.#calls ? this.#quietBeats + 1 : 0
    this.#calls = calls
    return this.#quietBeats >= QUIET_BEATS
  }

  #ask(line: Line, channels: readonly string[]): Promise<void> {
    const { isSharded } = this.#around
    const answer = line.beat(channels, isSharded)
    return isSharded && line.isBlind ? answer.then(() => this.#assertServed(channels)) : answer
  }

  async #assertServed(channels: readonly string[]): Promise<void> {
    if (!(await this.#around.stillServes(this.#node, channels))) throw new Error('a slot has moved away')
  }

  #isElsewhere(): boolean {
    const identity = this.#around.identityOf(this.#node)
    return identity !== undefined && this.#identity !== undefined && identity !== this.#identity
  }

  /** Goes on if the line answers in time; replaces it if not. */
  #within(line: Line, answer: Promise<void>, then: () => void): void {
    const { clock, heartbeat } = this.#around
    const longest = UNANSWERED_BEATS * heartbeat
    let isOver = false
    const stop = clock.after(longest, () => {
      // What has arrived while the process was busy is looked at first.
      this.#cancelBeat = clock.after(0, () => {
        if (isOver || this.#line !== line) return
        isOver = true
        this.#kept.replace(new Error(`no heartbeat was answered for ${longest} ms`))
      })
    })
    this.#cancelBeat = () => {
      isOver = true
      stop()
    }
    answer.then(
      () => {
        if (isOver || this.#line !== line) return
        isOver = true
        stop()
        then()
      },
      (error: unknown) => {
        if (isOver || this.#line !== line) return
        isOver = true
        stop()
        this.#moved(error as Error)
      },
    )
  }

  /** Refused: the slot is elsewhere by now, perhaps. */
  #moved(error: Error): void {
    if (this.#around.isSharded) this.#around.moved()
    this.#kept.replace(error)
  }
}
