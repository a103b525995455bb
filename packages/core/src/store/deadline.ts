/*
 * Deadlines: a store is waited for only so long.
 *
 * All deadlines of a store are equally long, so they end in the order in which they began: a queue and one timer serve
 * any number of calls. When the timer fires, answers that have arrived but were not yet looked at (the event loop was
 * busy) get one more turn: a blocked process is not a slow store.
 */

import type { Clock } from '../engine/clock.ts'
import { keepShape } from '../engine/shapes.ts'

/** Something that has to end in time. */
export interface Waiting {
  readonly ends: number
  /** What to do at the end; nothing once it is answered, so that the queue keeps no answer alive. */
  late: (() => void) | undefined
}

const waitingUntil = (ends: number, late: () => void): Waiting => ({ ends, late })
keepShape(waitingUntil(0, () => {}))

export class Deadlines {
  readonly ms: number
  readonly #clock: Clock
  #queue: Waiting[] = []
  /** Stops the timer; undefined while there is none. */
  #disarm: (() => void) | undefined
  #isStopped = false
  /** Answered ones still in the queue, at the most. */
  #done = 0

  constructor(clock: Clock, ms: number) {
    this.#clock = clock
    this.ms = ms
  }

  /** Settles as `answer` does, or rejects with `late()` when it takes too long. */
  hold<T>(answer: PromiseLike<T>, late: () => Error): Promise<T> {
    if (this.ms === Infinity) return Promise.resolve(answer)
    return new Promise<T>((resolve, reject) => this.watch(answer, resolve, reject, late))
  }

  /** The same without a promise: calls `then` or `failed`, once. */
  watch<T>(
    answer: PromiseLike<T>,
    then: (value: T) => void,
    failed: (reason: unknown) => void,
    late: () => Error,
  ): void {
    if (this.ms === Infinity) {
      answer.then(then, failed)
      return
    }
    const waiting = this.begin(() => failed(late()))
    answer.then(
      (value) => {
        if (this.end(waiting)) then(value)
      },
      (reason: unknown) => {
        if (this.end(waiting)) failed(reason)
      },
    )
  }

  /** The same for what ends by a call of `end`. Where it need not end, nothing is kept. */
  begin(late: () => void): Waiting {
    if (this.ms === Infinity) return waitingUntil(Infinity, late)
    const waiting = waitingUntil(this.#clock.now() + this.ms, late)
    this.#queue.push(waiting)
    if (this.#isStopped) this.#ring()
    else if (this.#disarm === undefined) this.#arm(this.ms)
    return waiting
  }

  /** Whether it came in time. Drops the answered ones whenever they are the larger half, so that the queue is no longer than what is waited for. */
  end(waiting: Waiting): boolean {
    if (waiting.late === undefined) return false
    waiting.late = undefined
    if (waiting.ends === Infinity) return true
    if (++this.#done >= 32 && this.#done * 2 >= this.#queue.length) {
      this.#queue = this.#queue.filter((each) => each.late !== undefined)
      this.#done = 0
    }
    return true
  }

  /** Nothing is waited for any longer: what is, is late now. Leaves no timer behind. */
  stop(): void {
    this.#isStopped = true
    this.#disarm?.()
    this.#ring()
  }

  /** The same where nobody minds. */
  forget(): void {
    this.#queue = []
    this.stop()
  }

  #arm(ms: number): void {
    this.#disarm?.() // what ended may have begun something: one timer is enough
    this.#disarm = this.#clock.after(ms, () => {
      this.#disarm = this.#clock.after(0, () => this.#ring())
    })
  }

  #ring(): void {
    this.#disarm = undefined
    const now = this.#clock.now()
    // The shared clock may lag a millisecond behind; what ends within it has ended.
    const isOver = ({ late, ends }: Waiting): boolean => late !== undefined && ends > now + 1
    const over = this.#isStopped ? -1 : this.#queue.findIndex(isOver)
    const ended = over === -1 ? this.#queue : this.#queue.slice(0, over)
    this.#queue = over === -1 ? [] : this.#queue.slice(over)
    for (const each of ended) {
      const { late } = each
      each.late = undefined
      late?.()
    }
    const next = this.#queue[0]
    if (next !== undefined) this.#arm(Math.max(1, next.ends - now))
  }
}
