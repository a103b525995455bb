/*
 * One direction of one connection: bytes come from one socket, something happens to them, they go to the other.
 *
 * Without faults they go at once. With faults they stand in a queue, each piece with the time when it is due, which is
 * never before that of the piece in front. The queue is bounded: when it is full, nothing more is read.
 */

import { type Clock, systemClock } from '@larder/core'
import type { Socket } from 'node:net'
import { passed } from '../waiting.ts'
import { Messages } from './messages.ts'
import type { Cut, Settings, Switches } from './switches.ts'

/** Bytes that may be on their way through a fault. */
const FULL = 1_048_576
/** A throttled stream gives its share this often in a second. */
const SHARES = 50

/** Milliseconds in which the last bytes before a cut are read. */
const UNTIL_READ = 5

interface Piece {
  readonly bytes: Buffer
  readonly due: number
}

export interface StreamHooks {
  /** Something came. */
  readonly touched: () => void
  readonly cut: (how: Cut) => void
  readonly random: () => number
}

export class Stream {
  /** Whether something did not arrive: the two ends no longer agree on what was said. */
  hasLost = false
  readonly #from: Socket
  readonly #to: Socket
  readonly #own: Switches
  readonly #shared: Switches
  readonly #hooks: StreamHooks
  readonly #messages: Messages
  readonly #clock: Clock = systemClock
  #queue: Piece[] = []
  #queued = 0
  #lastDue = 0
  #isMoving = false
  #hasEnded = false
  #isHole = false
  /** Bytes that may still pass before the cut that is set. */
  #before: { readonly cut: NonNullable<Settings['cutAfter']>; left: number } | undefined

  constructor(from: Socket, to: Socket, own: Switches, shared: Switches, hooks: StreamHooks) {
    this.#from = from
    this.#to = to
    this.#own = own
    this.#shared = shared
    this.#hooks = hooks
    this.#messages = new Messages(() => own.armed.shift() ?? shared.armed.shift(), hooks.random)
    from.on('data', (chunk: Buffer) => this.#came(chunk))
    from.once('end', () => this.#ended())
    to.on('drain', () => this.update())
  }

  /** From now on nothing arrives, not even the end; what is under way neither. */
  swallow(): void {
    this.#isHole = true
    this.hasLost = true
    this.#queue = []
    this.#queued = 0
    this.update()
  }

  /** A switch has changed. */
  update(): void {
    const { isStalled = false } = this.#settings
    if (isStalled || this.#queued >= FULL || this.#to.writableNeedDrain) this.#from.pause()
    else this.#from.resume()
  }

  /** What a fault still holds back is let go. */
  release(): void {
    this.#push(this.#messages.release())
  }

  get #settings(): Settings {
    return { ...this.#shared.settings, ...this.#own.settings }
  }

  get #isLost(): boolean {
    return this.#isHole || this.#settings.isLost === true
  }

  #came(chunk: Buffer): void {
    this.#hooks.touched()
    if (this.#isLost) {
      this.hasLost = true
      this.#shared.lost += chunk.length
      this.#own.lost += chunk.length
      return
    }
    for (const bytes of this.#messages.pass(chunk)) this.#push(bytes)
  }

  #ended(): void {
    if (this.#isLost) return
    this.#hasEnded = true
    if (!this.#isMoving) this.#to.end()
  }

  #push(bytes: Buffer): void {
    if (bytes.length === 0) return
    const { delay, rate, dribble, cutAfter } = this.#settings
    const isPlain =
      delay === undefined && rate === undefined && dribble === undefined && cutAfter === undefined
    if (isPlain && !this.#isMoving) {
      this.#write(bytes)
      this.update()
      return
    }
    const by = delay === undefined ? 0 : delay.ms + delay.jitter * this.#hooks.random()
    this.#lastDue = Math.max(this.#lastDue, this.#clock.exact() + by)
    this.#queue.push({ bytes, due: this.#lastDue })
    this.#queued += bytes.length
    this.update()
    if (!this.#isMoving) this.#move().catch(() => this.#hooks.cut('reset'))
  }

  async #move(): Promise<void> {
    this.#isMoving = true
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const wait = next.due - this.#clock.exact()
      if (wait > 0) await passed(wait)
      await this.#send(next)
      if (this.#queue[0] === next) this.#queue.shift()
      this.#queued = Math.max(0, this.#queued - next.bytes.length)
      this.update()
    }
    this.#isMoving = false
    if (this.#hasEnded) this.#to.end()
  }

  /** In portions, as the switches say at that moment. */
  async #send(piece: Piece): Promise<void> {
    let rest = piece.bytes
    while (rest.length > 0 && this.#queue[0] === piece && !this.#to.destroyed) {
      const { rate, dribble } = this.#settings
      const portion = rest.subarray(0, portionOf(rate, dribble))
      if (this.#cutsIn(portion)) return
      this.#write(portion)
      rest = rest.subarray(portion.length)
      const pause = Math.max(dribble ?? 0, rate === undefined ? 0 : (portion.length / rate) * 1_000)
      if (pause > 0) await passed(pause)
      if (this.#to.writableNeedDrain) await this.#drained()
    }
  }

  /** Sends what may still pass, and cuts. */
  #cutsIn(portion: Buffer): boolean {
    const { cutAfter } = this.#settings
    if (cutAfter === undefined) return false
    if (this.#before?.cut !== cutAfter) this.#before = { cut: cutAfter, left: cutAfter.bytes }
    const { left } = this.#before
    this.#before.left -= portion.length
    if (left > portion.length) return false
    this.#queue = []
    this.#shared.bytes += left
    this.#own.bytes += left
    this.#to.write(portion.subarray(0, left), () => {
      // Who has not yet read it might never: a reset takes along what it overtakes.
      this.#clock.after(UNTIL_READ, () => this.#hooks.cut(cutAfter.how))
    })
    return true
  }

  #write(bytes: Buffer): void {
    if (this.#to.destroyed || !this.#to.writable) return
    this.#shared.bytes += bytes.length
    this.#own.bytes += bytes.length
    this.#to.write(bytes)
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#to.off('drain', done).off('close', done)
        resolve()
      }
      this.#to.on('drain', done).on('close', done)
    })
  }
}

function portionOf(rate: number | undefined, dribble: number | undefined): number {
  if (dribble !== undefined) return 1
  return rate === undefined ? FULL : Math.max(1, Math.ceil(rate / SHARES))
}
