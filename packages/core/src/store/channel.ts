/*
 * The channel: how a process hears what others change in a store they share.
 *
 * A message may get lost, and nobody tells. So a channel also says up to when nothing was missed: `proven(since)` means
 * that every change that was acknowledged, anywhere, before `since` has been told. What is remembered of the store may
 * be believed for `maxStaleness` after that, and no longer.
 *
 *   changed k   changed j        proven(t1)                      gap      proven(t2)
 *   ───┼────────────┼────────────────┼─────────── … silence ───────┼──────────┼──────▶
 *                                    └ believed until t1 + maxStaleness   └ remembered anew from here
 */

/**
 * The changes of a store, by others.
 *
 * @example
 * const stop = store.channel?.listen(listener, 'everything')
 * console.log(`copies may be behind by ${store.channel?.maxStaleness} ms`)
 */
export interface Channel {
  /** For how long (ms) after the last proof what is remembered of the store may be believed. */
  readonly maxStaleness: number
  /**
   * Begins to tell `listener`, as soon as it can, until the returned function is called. Nothing is proven before it can.
   * `what`: changes of marks (see `isMark`) and fills only, or those of all records.
   */
  listen(listener: ChannelListener, what: 'marks' | 'everything'): () => void
}

/**
 * Called from no call of one's own. Must not throw.
 *
 * @example
 * const copies = new Map<string, unknown>()
 * const listener: ChannelListener = {
 *   changed: (key) => copies.delete(key),
 *   filled: (key) => copies.delete(key),
 *   gap: () => copies.clear(), // something may have been missed
 *   replaced: () => copies.clear(), // another server, or one without its data
 *   proven: (since) => console.log(`nothing was missed since ${since}`),
 * }
 */
export interface ChannelListener {
  /** For how long (ms) it believes a proof: so far apart they may be while nothing is asked. Default: as often as can be had. */
  readonly believedFor?: number | undefined
  /** Another process has deleted or replaced this record, or may have. Fills are not told. */
  changed(key: string): void
  /** A record for which somebody waited has been filled, or its lease has been given back; by any process. */
  filled(key: string): void
  /** Every change acknowledged before `since`, in the time of this process's clock, has been told. Never decreases but after a gap. */
  proven(since: number): void
  /** Changes may have been missed (a connection was lost, the server is another one): what is remembered counts no longer. */
  gap(): void
  /** The place is another one than before, or has lost data: what it had acknowledged may be lost as well. A gap goes with it. */
  replaced(): void
}
