/*
 * The link: one process's connection to one Redis or Valkey, whatever the client, the topology and the weather.
 *
 * It owns what clients get wrong. Nothing is queued while there is no connection and nothing is sent twice; every call
 * has a deadline; a connection that does not answer is replaced; a node that fails is left alone until a probe succeeds.
 * It knows nothing of caches: limits, locks, jobs can stand on it as well.
 */

import type { BreakerState } from './breaker.ts'
import type { LinkHealth } from './health.ts'
import type { Script } from './script.ts'
import type { SubscriptionListener } from './subscription.ts'

/**
 * What a command is made of.
 *
 * @example
 * const command: [string, ...Argument[]] = ['SET', 'key', new Uint8Array([1, 2]), 'PX', 1_000]
 * await link.call(command)
 */
export type Argument = string | number | Uint8Array

/**
 * What a server answers: bulk strings as bytes, simple strings as text. Errors inside of arrays stay errors.
 *
 * @example
 * const reply: Reply = await link.call(['GET', 'key'])
 * if (reply instanceof Uint8Array) console.log(new TextDecoder().decode(reply))
 */
export type Reply = Uint8Array | string | number | null | Error | readonly Reply[]

/**
 * How one call of a link is made.
 *
 * @example
 * await link.call(['GET', 'key'], { key: 'key', deadline: 100 }) // to the node of that key, for 100 ms at the most
 */
export interface CallOptions {
  /** The key that says which node of a cluster is asked. Default: the first argument after the command. */
  readonly key?: string
  /** A node by its id, as `primaries` and `nodeOf` name them. */
  readonly node?: string
  /** How long the answer is waited for, in ms. Default: that of the link. */
  readonly deadline?: number
}

/**
 * A connection to a server, under Sentinel or to a cluster, that never hangs: what `openLink` gives.
 *
 * @example
 * const link: Link = openLink('redis://localhost:6379')
 * await link.call(['PING'])
 * await link.close()
 */
export interface Link {
  /** For messages: where it leads, without secrets. */
  readonly name: string
  readonly isCluster: boolean
  /** How long an answer is waited for, in ms, if the call does not say. */
  readonly deadline: number
  /**
   * Sends a command. Those of one tick travel together, in their order, in one write for each node. Rejects with a
   * CacheError of a LINK_ code: see errors.ts. Where the outcome is unknown, it says so.
   */
  call(command: readonly [string, ...Argument[]], options?: CallOptions): Promise<Reply>
  /** Runs a script by its digest, and by its text where the server does not know it (also in the middle of a batch). All keys in one slot. */
  run(
    script: Script,
    keys: readonly string[],
    args: readonly Argument[],
    options?: CallOptions,
  ): Promise<Reply>
  /** The node that serves a key, where there are several; as far as is known now. */
  nodeOf(key: string): string | undefined
  /** All nodes that may be written to, in whatever order. One, undefined, where there is no cluster. */
  primaries(): Promise<readonly (string | undefined)[]>
  /**
   * Listens on channels, on a connection of its own that is opened for the first one and shared by all. Sharded ones on a cluster. Says when it is live, what it
   * hears, what is proven (every heartbeat) and when there was a gap. Subscribes again by itself.
   */
  subscribe(channels: readonly string[], listener: SubscriptionListener): () => void
  /** The server's time, ms since 1970, and how far off it may be: by TIME at the connection and at every heartbeat. */
  time(): { readonly now: number; readonly error: number }
  /** Resolves when it is connected; rejects when `startup` is 'require' and it cannot be, or when the link is closed. */
  ready(): Promise<void>
  health(): Promise<LinkHealth>
  /** The breaker of each node, as it is now; open also while there is no connection. */
  breakers(): readonly BreakerState[]
  /** What happens to the connection; for metrics and logs. Returns the way to stop. */
  on(listener: (event: LinkEvent) => void): () => void
  /** Waits for what is under way, at most `drain` ms, and leaves nothing: no timer, no socket, unless the client was handed in. */
  close(drain?: number): Promise<void>
}

/**
 * What happens to a link.
 *
 * @example
 * link.on((event: LinkEvent) => {
 *   if (event.type === 'down') console.warn(event.node, event.error)
 * })
 */
export type LinkEvent =
  | { readonly type: 'up' | 'reconnecting'; readonly node: string }
  | { readonly type: 'down'; readonly node: string; readonly error: Error }
  | { readonly type: 'breaker'; readonly node: string; readonly state: 'closed' | 'open' | 'half-open' }
  /** The server is another one than before, or has lost its data: run id or replication id changed. */
  | { readonly type: 'identity'; readonly node: string }
