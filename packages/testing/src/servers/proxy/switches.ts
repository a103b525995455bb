/*
 * The switches of one direction: of the whole proxy, or of one connection, where they win over those of the proxy.
 *
 * A switch says what shall happen; the streams do it. What concerns the next message (`corrupt`, `swap`, `drop`) happens
 * once, to the first message that begins after that, on whichever connection it begins.
 */

/**
 * How a connection ends: in order (FIN), or as if it had never been (RST).
 *
 * @example
 * const how: Cut = 'reset' // or 'fin': as a server does that stops in an orderly way
 * proxy.cutAll(how)
 */
export type Cut = 'fin' | 'reset'

/**
 * Which way bytes go through a proxy.
 *
 * @example
 * const down: Direction = proxy.down // what the server says
 * down.delay(50)
 * down.heal()
 */
export interface Direction {
  /** Everything arrives so many milliseconds later, and by chance up to `jitter` more. The order is kept. */
  delay(ms: number, jitter?: number): void
  throttle(bytesPerSecond: number): void
  /** One byte at a time, so many milliseconds apart. Default: 1. */
  dribble(every?: number): void
  /** Nothing arrives, and nobody is told. */
  lose(): void
  /** Nothing is read, until `heal`: who sends finds in time that no more can be sent. Nothing is lost. */
  stall(): void
  /** So many bytes of each connection still arrive; then it is cut. Default: reset. */
  cutAfter(bytes: number, how?: Cut): void
  /** One byte of the next message is another; which one is left to chance unless `at` says. */
  corrupt(at?: number): void
  /** The next two messages of a connection arrive in the other order. */
  swap(): void
  /** The next message does not arrive; what follows does. */
  drop(): void
  /** No more faults in this direction. */
  heal(): void
  /** How many bytes have been passed on. */
  readonly bytes: number
  /** How many have arrived nowhere: because of `lose`, or in a black hole. */
  readonly lost: number
}

export type MessageFault =
  | { readonly kind: 'corrupt'; readonly at: number | undefined }
  | { readonly kind: 'swap' }
  | { readonly kind: 'drop' }

export interface Settings {
  readonly delay?: { readonly ms: number; readonly jitter: number }
  readonly rate?: number
  readonly dribble?: number
  readonly isLost?: boolean
  readonly isStalled?: boolean
  readonly cutAfter?: { readonly bytes: number; readonly how: Cut }
}

export class Switches implements Direction {
  settings: Settings = {}
  bytes = 0
  lost = 0
  readonly armed: MessageFault[] = []
  readonly #changed: (what: string) => void

  /** `changed` hears of every switch, in words. */
  constructor(changed: (what: string) => void) {
    this.#changed = changed
  }

  delay(ms: number, jitter: number = 0): void {
    this.#set({ delay: { ms, jitter } }, `delay ${ms} ms, jitter ${jitter} ms`)
  }

  throttle(bytesPerSecond: number): void {
    if (!(bytesPerSecond > 0))
      throw new TypeError('throttle: more than 0 bytes in a second; stall() passes nothing on')
    this.#set({ rate: bytesPerSecond }, `throttle ${bytesPerSecond} bytes/s`)
  }

  dribble(every: number = 1): void {
    this.#set({ dribble: every }, `dribble every ${every} ms`)
  }

  lose(): void {
    this.#set({ isLost: true }, 'lose')
  }

  stall(): void {
    this.#set({ isStalled: true }, 'stall')
  }

  cutAfter(bytes: number, how: Cut = 'reset'): void {
    this.#set({ cutAfter: { bytes, how } }, `cut after ${bytes} bytes, ${how}`)
  }

  corrupt(at?: number): void {
    this.#arm({ kind: 'corrupt', at })
  }

  swap(): void {
    this.#arm({ kind: 'swap' })
  }

  drop(): void {
    this.#arm({ kind: 'drop' })
  }

  heal(): void {
    this.settings = {}
    this.armed.length = 0
    this.#changed('heal')
  }

  #set(change: Settings, what: string): void {
    this.settings = { ...this.settings, ...change }
    this.#changed(what)
  }

  #arm(fault: MessageFault): void {
    this.armed.push(fault)
    this.#changed(`${fault.kind} the next message`)
  }
}
