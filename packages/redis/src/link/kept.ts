/*
 * A kept connection: dialled, greeted, and dialled again when it is lost, until it is closed.
 *
 * One attempt at a time, each with an address of its own (names are resolved anew, Sentinels are asked anew, a password
 * is asked for anew). Pauses are by chance, so that a thousand processes do not come back in the same instant, and short: what
 * matters is how soon a link is back after a fault has ended. Only who was denied waits long.
 */

import { type Clock, isCacheError } from '@larder/core'
import { Call, type Caller } from './call.ts'
import type { Line, LineEvents, Server, Use } from './client.ts'
import type { Deadlines } from './deadlines.ts'
import { connectionError, down, late, lost, refused, isReply, tlsHint } from './errors.ts'
import { type Greeting, greet } from './greeting.ts'
import type { Argument, Reply } from './link.ts'

const SHORTEST_PAUSE = 50
const LONGEST_PAUSE = 800
const DENIED_PAUSE = 5_000
/** A connection that lived so long was a good one: the next pause is short again. */
const GOOD_LIFE = 1_000

export interface Surroundings {
  /** Of the link, for messages. */
  readonly name: string
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly deadline: number
  readonly connectTimeout: number
}

export interface KeptEvents {
  up(line: Line, greeting: Greeting): void
  /** It was up, or an attempt has failed. */
  down(error: Error, wasUp: boolean): void
  trying?(): void
  message?(channel: string, text: string): void
  unsubscribed?(): void
}

export class Kept {
  readonly #around: Surroundings
  readonly #find: () => Promise<Server> | Server
  readonly #use: Use
  readonly #events: KeptEvents
  #line: Line | undefined
  /** Counts connections: what an older one says is not heard. */
  #life = 0
  #isUp = false
  #isClosed = false
  #upSince = 0
  /** Whether the server is spoken to over TLS, as far as is known. */
  #isSecure: boolean | undefined
  #attempts = 0
  #cancel: () => void = () => {}

  constructor(around: Surroundings, find: () => Promise<Server> | Server, use: Use, events: KeptEvents) {
    this.#around = around
    this.#find = find
    this.#use = use
    this.#events = events
  }

  get isUp(): boolean {
    return this.#isUp
  }

  open(): void {
    this.#attempt().catch((error: unknown) => this.#over(this.#life, error as Error))
  }

  /** The connection hangs, or leads to the wrong place: away with it, and on to another. */
  replace(error: Error): void {
    this.#over(this.#life, error)
  }

  close(): void {
    this.#isClosed = true
    this.#isUp = false
    this.#life++
    this.#cancel()
    this.#line?.release()
    this.#line = undefined
  }

  async #attempt(): Promise<void> {
    if (this.#isClosed) return
    const life = ++this.#life
    const { clock, connectTimeout } = this.#around
    this.#events.trying?.()
    this.#cancel = clock.after(connectTimeout, () =>
      this.#over(life, new Error(`no connection within ${connectTimeout} ms`)),
    )
    const server = await this.#find()
    if (life !== this.#life) return
    this.#isSecure = server.isSecure
    this.#line = server.dial(this.#use, this.#listening(life, server))
  }

  #listening(life: number, server: Server): LineEvents {
    const isCurrent = (): boolean => life === this.#life
    return {
      opened: () => {
        if (isCurrent()) this.#greet(life, server).catch((error: unknown) => this.#over(life, error as Error))
      },
      closed: (error) => this.#over(life, error),
      message: (channel, text) => {
        if (isCurrent()) this.#events.message?.(channel, text)
      },
      unsubscribed: () => {
        if (isCurrent()) this.#events.unsubscribed?.()
      },
    }
  }

  async #greet(life: number, server: Server): Promise<void> {
    const line = this.#line
    if (line === undefined) return
    const { clock, connectTimeout } = this.#around
    const ask = asking(line, this.#around, connectTimeout)
    const greeting = await greet(ask, server, clock, () => {
      // It is there, so the attempt need not be given up, however long it loads.
      if (life === this.#life) this.#cancel()
      return life === this.#life
    })
    if (life !== this.#life) return
    if (server.mustBePrimary === true && greeting.role === 'slave') {
      throw new Error(`${server.id} is a replica, not the primary that was asked for`)
    }
    this.#cancel()
    this.#isUp = true
    this.#upSince = clock.now()
    this.#events.up(line, greeting)
  }

  #over(life: number, cause: Error): void {
    if (life !== this.#life || this.#isClosed) return
    const { clock, name } = this.#around
    const wasUp = this.#isUp
    const error = connectionError(name, cause, wasUp ? '' : tlsHint(cause, this.#isSecure))
    this.#life++
    this.#isUp = false
    this.#cancel()
    // What was denied, the same client would be denied again.
    if (isCacheError(error, 'LINK_DENIED')) this.#line?.release()
    else this.#line?.destroy()
    this.#line = undefined
    if (wasUp && clock.now() - this.#upSince >= GOOD_LIFE) this.#attempts = 0
    this.#cancel = clock.after(this.#pause(error), () => this.open())
    this.#events.down(error, wasUp)
  }

  #pause(error: Error): number {
    const { clock } = this.#around
    if (isCacheError(error, 'LINK_DENIED')) return DENIED_PAUSE * (1 + clock.random() / 2)
    const longest = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** Math.min(this.#attempts++, 10))
    return clock.random() * longest
  }
}

export type Ask = (command: readonly [string, ...Argument[]], ms?: number) => Promise<Reply>

/** Commands of the link itself, past batches and breakers. Answers of the server that are errors reject as they are. */
export function asking(line: Line, around: Surroundings, ms: number): Ask {
  const caller: Caller = {
    heard() {},
    failed: (call, error) => call.fail(error),
    late: (call) => call.fail(late(around.name, call.name.toUpperCase(), call.ms)),
  }
  return (command, wait = ms) =>
    new Promise((resolve, reject) => {
      const call = new Call(command, wait, caller, resolve, reject)
      around.deadlines.add(call)
      line.send([call])
    })
}

/** The error for a call that was refused by the server or lost on the way. */
export function failureOf(call: Call, error: Error, link: string): Error {
  const command = call.name.toUpperCase()
  if (isReply(error)) return refused(link, command, error.message)
  return call.isSent ? lost(link, command, error) : down(link, 'the connection was lost', error)
}
