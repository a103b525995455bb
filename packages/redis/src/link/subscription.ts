/*
 * A subscription: what one listener hears of some channels.
 */

/**
 * Must not throw.
 *
 * @example
 * const listener: SubscriptionListener = {
 *   message: (channel, text) => console.log(channel, text),
 *   gap: () => console.log('messages may be missing'),
 *   proven: (since) => console.log(`none is missing since ${since}`),
 * }
 * const stop = link.subscribe(['news'], listener)
 */
export interface SubscriptionListener {
  message(channel: string, text: string): void
  /**
   * For how long (ms) a proof is believed. While nothing is asked of the link, proofs may then come so much more rarely. Default: they
   * come every heartbeat.
   */
  readonly believedFor?: number | undefined
  /**
   * All that was published before `since` (clock.now() of this process) has been handed over: a PING was sent then on the
   * connection of the subscription, and has been answered, on every node that matters.
   */
  proven(since: number): void
  /** Messages may have been missed: the connection was lost, or the server is another one. */
  gap(): void
  /** The server is another one, or has lost data: what was acknowledged may be lost. Told after the gap, if there was one. */
  replaced?(): void
}
