/*
 * Health: what is to be known of the server, and what is wrong, in words.
 */

/** Of one node, or of the only one. */
export interface NodeHealth {
  readonly node: string
  readonly status: 'ok' | 'degraded' | 'failed'
  readonly role: string | undefined
  readonly version: string | undefined
  readonly runId: string | undefined
  /** Of a PING, ms. */
  readonly latency: number | undefined
  readonly usedMemory: number | undefined
  readonly maxMemory: number | undefined
  readonly evictionPolicy: string | undefined
  readonly breaker: 'closed' | 'open' | 'half-open'
  /** What is wrong, and what to do; empty if nothing is. */
  readonly problems: readonly string[]
}

export interface LinkHealth {
  readonly status: 'ok' | 'degraded' | 'failed'
  readonly nodes: readonly NodeHealth[]
  readonly problems: readonly string[]
}
