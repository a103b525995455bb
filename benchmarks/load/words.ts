/* What the one who conducts the load says to the processes that make it, and what they say. */

/** Who takes part: in which part of the suite, by which name, and where. */
export interface Seat {
  readonly where: Where
  readonly name: string
  /** Of its database, which all processes share. */
  readonly url: string
}

export type Where = 'memory' | 'redis' | 'tiered'

export interface Cast {
  readonly seats: readonly Seat[]
  readonly rate: number
  readonly ms: number
  readonly keys: number
  /** The share of keys that find room near. */
  readonly room: number
  readonly writes: number
  /** It waits by timers alone, and comes a millisecond late rather than keep a processor from the others. */
  readonly isPatient: boolean
  /** Which of the processes it is: each has arrivals of its own. */
  readonly process: number
}

/** To get ready for a round: what takes time is done before anybody comes. */
export interface Prepare {
  readonly seat: string
  readonly round: number
}

export interface Begin {
  /** When, in ms of the one monotonic clock of the machine. */
  readonly at: number
}

export interface Played {
  /** ms, from the intended arrival. */
  readonly latencies: Float64Array
  readonly loads: number
  /** Why it does not count: somebody was not answered, or wrongly. */
  readonly failed?: string
}

export type Said = 'ready' | Played

export const now = (): number => Number(process.hrtime.bigint()) / 1e6
