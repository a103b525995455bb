/*
 * A topology: which server is meant. One, or the one that Sentinels name, or those of a cluster.
 */

import type { Call } from './call.ts'
import type { Server } from './client.ts'
import type { Peer } from './peer.ts'

export interface Topology {
  readonly isCluster: boolean
  /** Connects, in the background. */
  open(): void
  /** All that calls may be sent to, as far as is known. */
  peers(): readonly Peer[]
  /** Sends a call to the node, or to the one that serves the key; or fails it. */
  send(call: Call, key: string | undefined, node: string | undefined): void
  /** The node that serves a key. Undefined: there is only one, or nobody knows. */
  nodeOf(key: string): string | undefined
  primaries(): Promise<readonly (string | undefined)[]>
  /** Where the subscriber of a node dials. */
  find(node: string): Promise<Server> | Server
  /** Somebody was sent elsewhere. */
  refresh(): void
  /** What is wrong beside the peers. */
  problems(): readonly string[]
  /** Whether all that is needed to serve is connected. */
  readonly isReady: boolean
  close(error: Error): void
}
