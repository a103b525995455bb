/*
 * One server: given by its address, by a client that leads there, or by Sentinels who are asked at every connection.
 */

import type { Call } from './call.ts'
import type { Server } from './client.ts'
import { Peer, type PeerEvents, type PeerSurroundings } from './peer.ts'
import type { Topology } from './topology.ts'

export class Single implements Topology {
  readonly isCluster = false
  readonly #find: () => Promise<Server> | Server
  readonly #peer: Peer

  constructor(
    id: string,
    around: PeerSurroundings,
    find: () => Promise<Server> | Server,
    events: PeerEvents,
  ) {
    this.#find = find
    this.#peer = new Peer(id, around, find, events)
  }

  open(): void {
    this.#peer.open()
  }

  peers(): readonly Peer[] {
    return [this.#peer]
  }

  send(call: Call): void {
    call.caller = this.#peer
    this.#peer.take(call)
  }

  nodeOf(): undefined {
    return undefined
  }

  primaries(): Promise<readonly undefined[]> {
    return Promise.resolve([undefined])
  }

  find(): Promise<Server> | Server {
    return this.#find()
  }

  refresh(): void {}

  problems(): readonly string[] {
    return []
  }

  get isReady(): boolean {
    return this.#peer.isUp
  }

  close(error: Error): void {
    this.#peer.close(error)
  }
}
