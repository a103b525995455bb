/*
 * The port: what a link needs of a client. A few methods, which every client can give.
 *
 * A line is one connection, and does not come back when it is gone: whoever needs one dials again. So what clients do
 * after a loss (queues, resending, resubscribing, pauses) is switched off where the connection is the link's own, and not relied upon
 * where it is not.
 */

import type { Call } from './call.ts'

export interface Line {
  /** Sends calls, in their order, in one write where the client can. Only while it is open. */
  send(calls: readonly Call[]): void
  /** Resolves when the server has confirmed all of them. */
  subscribe(channels: readonly string[], isSharded: boolean): Promise<void>
  unsubscribe(channels: readonly string[], isSharded: boolean): Promise<void>
  /**
   * Resolves when the server has answered something on this connection: what was published on these channels before it was asked
   * has been handed over. Rejects if it no longer serves one of them.
   */
  beat(channels: readonly string[], isSharded: boolean): Promise<void>
  /** Whether `beat` cannot say that a node has given a channel away, so that the node has to be asked beside it. */
  readonly isBlind: boolean
  /** It hangs or leads to the wrong place: ends the connection, at once; a client that was given makes another one. */
  destroy(): void
  /** It is not needed any more: ends the connection, unless it is that of a client that was given. */
  release(): void
}

export interface LineEvents {
  opened(): void
  /** Once, whether it was ever open or not. */
  closed(error: Error): void
  message(channel: string, text: string): void
  /** The server itself has ended a sharded subscription: its slot has moved. */
  unsubscribed(): void
}

/** One server, or what leads there. */
export interface Server {
  /** 'host:port', or a path. */
  readonly id: string
  /** Whether it is spoken to over TLS, if the connection is the link's own. */
  readonly isSecure?: boolean
  /** Whether a replica is the wrong place. */
  readonly mustBePrimary?: boolean
  /** What a fresh line has to say first; nothing if the client has done so. */
  readonly credentials?: () => Promise<Credentials>
  dial(use: Use, events: LineEvents): Line
}

export type Use = 'data' | 'subscriber'

export interface Credentials {
  readonly username: string | undefined
  readonly password: string | undefined
  readonly db: number
}
