/*
 * A cluster: which node serves which slot, and a peer for each of its primaries.
 *
 * The map is asked of any node that answers: at the start, whenever somebody is sent elsewhere or a node is lost, and now
 * and then. A call that is sent elsewhere follows, three times at most, with its deadline running; each node has a
 * breaker of its own, so the slots of the others go on.
 */

import type { Clock } from '@larder/core'
import type { Call } from './call.ts'
import type { Server } from './client.ts'
import { connectionError, down } from './errors.ts'
import { textOf } from './greeting.ts'
import type { Ask } from './kept.ts'
import type { Reply } from './link.ts'
import { askOnce } from './once.ts'
import { Peer, type PeerEvents, type PeerSurroundings } from './peer.ts'
import { SLOTS, slotOf } from './slot.ts'
import type { Topology } from './topology.ts'

/** Where the nodes of a cluster are reached. */
export interface ClusterSource {
  /** Nodes that may be asked before any is known. */
  seeds(): readonly string[]
  server(id: string): Promise<Server> | Server
}

export interface ClusterEvents extends PeerEvents {
  /** Slots are served by other nodes than before. */
  rearranged(): void
}

const HOPS = 3
const SHORTEST_PAUSE = 50
const LONGEST_PAUSE = 800
/** Between two looks at the map when nothing seems to be wrong. */
const IDLE_PAUSE = 10_000
const TRY_AGAIN_PAUSE = 10

export class Cluster implements Topology {
  readonly isCluster = true
  readonly #around: PeerSurroundings
  readonly #events: ClusterEvents
  readonly #source: ClusterSource
  readonly #peers = new Map<string, Peer>()
  /** The id of the primary of each slot. */
  #slots: (string | undefined)[] = []
  /** Until the first look has ended. Bounded by deadlines. */
  #held:
    | { readonly call: Call; readonly key: string | undefined; readonly node: string | undefined }[]
    | undefined = []
  #lastError: Error | undefined
  #isKnown = false
  #isLooking = false
  #isClosed = false
  #failures = 0
  #nextLook: () => void = () => {}
  #isLookDue = false
  #firstLook: { readonly promise: Promise<void>; readonly end: () => void } = awaited()

  constructor(around: PeerSurroundings, source: ClusterSource, events: ClusterEvents) {
    this.#around = around
    this.#source = source
    this.#events = {
      ...events,
      down: (peer, error) => {
        events.down(peer, error)
        this.refresh()
      },
      redirect: (peer, call, answer) => this.#redirect(peer, call, answer),
    }
  }

  open(): void {
    this.#look()
  }

  peers(): readonly Peer[] {
    return [...this.#peers.values()]
  }

  send(call: Call, key: string | undefined, node: string | undefined): void {
    if (this.#held !== undefined && !this.#isKnown) {
      this.#held.push({ call, key, node })
      return
    }
    const peer = this.#peerFor(key, node)
    if (peer === undefined) return call.fail(this.#nobody(key))
    call.caller = peer
    peer.take(call)
  }

  nodeOf(key: string): string | undefined {
    return this.#slots[slotOf(key)]
  }

  async primaries(): Promise<readonly string[]> {
    await this.#firstLook.promise
    if (!this.#isKnown) throw this.#nobody(undefined)
    return [...this.#serving()]
  }

  find(node: string): Promise<Server> | Server {
    return this.#source.server(node)
  }

  get isReady(): boolean {
    return this.#isKnown && this.peers().every((peer) => peer.isUp)
  }

  /** Soon, and once for all who ask meanwhile. */
  refresh(): void {
    if (this.#isClosed || this.#isLookDue) return
    this.#isLookDue = true
    this.#nextLook()
    this.#nextLook = this.#around.clock.after(this.#pause(), () => this.#look())
  }

  problems(): readonly string[] {
    if (!this.#isKnown) return [this.#nobody(undefined).message]
    const unserved = this.#slots.reduce((count: number, id) => (id === undefined ? count + 1 : count), 0)
    return unserved === 0 ? [] : [`${unserved} of ${SLOTS} slots are served by nobody: look at CLUSTER INFO`]
  }

  close(error: Error): void {
    this.#isClosed = true
    this.#nextLook()
    this.#lastError = error
    this.#endFirstLook()
    for (const peer of this.#peers.values()) peer.close(error)
  }

  #look(): void {
    this.#isLookDue = false
    if (this.#isLooking || this.#isClosed) return
    this.#isLooking = true
    this.#map()
      .then(
        (map) => {
          this.#failures = 0
          this.#arrange(map)
        },
        (error: unknown) => {
          this.#failures++
          this.#lastError = connectionError(this.#around.name, error as Error)
        },
      )
      .finally(() => {
        this.#isLooking = false
        this.#endFirstLook()
        this.#lookLater()
      })
      .catch(() => {})
  }

  #lookLater(): void {
    if (this.#isClosed || this.#isLookDue) return
    const isWell = this.#isKnown && this.peers().every((peer) => peer.isUp || peer.lastError === undefined)
    this.#nextLook()
    this.#nextLook = this.#around.clock.after(isWell ? IDLE_PAUSE : this.#pause(), () => this.#look())
  }

  #pause(): number {
    const longest = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** Math.min(this.#failures + 1, 8))
    return SHORTEST_PAUSE / 2 + this.#around.clock.random() * longest
  }

  /** Of the first that answers: nodes that are connected, then those that were given. */
  async #map(): Promise<ReadonlyMap<string, readonly Range[]>> {
    let lastError: Error = down(this.#around.name, 'no node of the cluster is known')
    for (const peer of shuffled(this.peers(), this.#around.clock)) {
      if (!peer.isUp) continue
      const map = await mapBy(peer.ask, peer.id).catch((error: unknown) => error as Error)
      if (!(map instanceof Error)) return map
      lastError = map
    }
    for (const seed of shuffled(
      new Set([...this.#source.seeds(), ...this.#peers.keys()]),
      this.#around.clock,
    )) {
      if (this.#isClosed) break
      const map = await this.#mapOf(seed).catch((error: unknown) => error as Error)
      if (!(map instanceof Error)) return map
      lastError = map
    }
    throw lastError
  }

  async #mapOf(seed: string): Promise<ReadonlyMap<string, readonly Range[]>> {
    const server = await this.#source.server(seed)
    // A node that hangs must leave time for the others.
    return askOnce(server, this.#around, this.#around.connectTimeout / 2, (ask) => mapBy(ask, seed))
  }

  #arrange(map: ReadonlyMap<string, readonly Range[]>): void {
    if (this.#isClosed) return
    const slots = Array.from<string | undefined>({ length: SLOTS })
    for (const [id, ranges] of map) {
      for (const [from, to] of ranges) slots.fill(id, from, to + 1)
    }
    const before = this.#slots
    this.#slots = slots
    this.#isKnown = true
    for (const id of map.keys()) this.#peer(id)
    for (const [id, peer] of this.#peers) {
      if (map.has(id)) continue
      this.#peers.delete(id)
      peer.close(down(this.#around.name, `${id} is no primary of the cluster any more`))
    }
    const isSame = before.length === slots.length && before.every((id, slot) => id === slots[slot])
    if (!isSame) this.#events.rearranged()
  }

  #peer(id: string): Peer {
    const known = this.#peers.get(id)
    if (known !== undefined) return known
    const peer = new Peer(id, this.#around, () => this.#source.server(id), this.#events)
    this.#peers.set(id, peer)
    peer.open()
    return peer
  }

  /** Without a key and a node: any. */
  #peerFor(key: string | undefined, node: string | undefined): Peer | undefined {
    const id = node ?? (key === undefined ? this.#slots.find((each) => each !== undefined) : this.nodeOf(key))
    return id === undefined ? undefined : this.#peers.get(id)
  }

  #redirect(peer: Peer, call: Call, answer: string): boolean {
    const [word, slot, address = ''] = answer.split(' ')
    if (word === 'CLUSTERDOWN') this.refresh()
    if (word !== 'MOVED' && word !== 'ASK' && word !== 'TRYAGAIN') return false
    if (word !== 'ASK') this.refresh()
    if (++call.hops > HOPS) return false
    if (word === 'TRYAGAIN') {
      this.#around.clock.after(TRY_AGAIN_PAUSE * call.hops, () => peer.take(call))
      return true
    }
    // An empty host is the one that was asked.
    const id = address.startsWith(':') ? `${peer.id.slice(0, peer.id.lastIndexOf(':'))}${address}` : address
    const target = this.#peer(id)
    call.caller = target
    call.isSent = false
    if (word === 'ASK') {
      target.takeAfter(['asking'], call)
      return true
    }
    this.#slots[Number(slot)] = id
    target.take(call)
    return true
  }

  #endFirstLook(): void {
    const held = this.#held ?? []
    this.#held = undefined
    this.#firstLook.end()
    for (const { call, key, node } of held) {
      if (!call.isSettled) this.send(call, key, node)
    }
  }

  #serving(): ReadonlySet<string> {
    return new Set(this.#slots.filter((id) => id !== undefined))
  }

  #nobody(key: string | undefined): Error {
    const why = this.#isKnown
      ? `no node serves ${key === undefined ? 'this' : `slot ${slotOf(key)}`}`
      : (this.#lastError?.message ?? 'the cluster is not known yet')
    return down(this.#around.name, why, this.#lastError)
  }
}

type Range = readonly [from: number, to: number]

async function mapBy(ask: Ask, asked: string): Promise<ReadonlyMap<string, readonly Range[]>> {
  const reply = await ask(['cluster', 'slots'])
  const map = new Map<string, Range[]>()
  for (const row of Array.isArray(reply) ? (reply as readonly Reply[]) : []) {
    if (!Array.isArray(row)) continue
    const [from, to, primary] = row as readonly Reply[]
    const [host, port] = (primary ?? []) as readonly Reply[]
    // Unknown to the node itself: the one that was asked.
    const name = textOf(host ?? undefined)
    const known = name === '' || name === '?' ? asked.slice(0, asked.lastIndexOf(':')) : bracketed(name)
    const id = `${known}:${Number(port)}`
    const ranges = map.get(id) ?? []
    ranges.push([Number(from), Number(to)])
    map.set(id, ranges)
  }
  if (map.size === 0) throw new Error('the node serves no slots: it belongs to no cluster yet')
  return map
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** In an order by chance: not all processes are to ask the same one. */
function shuffled<T>(all: Iterable<T>, clock: Clock): readonly T[] {
  return [...all]
    .map((each) => [clock.random(), each] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, each]) => each)
}

function awaited(): { readonly promise: Promise<void>; readonly end: () => void } {
  let end = (): void => {}
  const promise = new Promise<void>((resolve) => {
    end = resolve
  })
  return { promise, end }
}
