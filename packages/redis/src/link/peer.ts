/*
 * A peer: one server that calls are sent to.
 *
 * Calls of a tick are gathered and leave in one write. Where there is no connection, or the breaker is open, they fail at once; only before
 * the very first attempt has ended are they held, for as long as their deadline, so that a program may begin at once.
 *
 *   taken ──▶ batch ──tick──▶ sent ──▶ answered
 *     │                        │  └──▶ refused: by the table of errors
 *     └─ no line: LINK_DOWN    ├─ deadline:  LINK_UNKNOWN, the answer is dropped when it comes
 *                              └─ line lost: LINK_UNKNOWN
 *
 * A line on which nothing is heard for three deadlines, though something was asked, is dead whatever TCP says.
 * Every second it is asked who it is and what time it has, busy or not.
 */

import type { Clock } from '@larder/core'
import { Breaker, type BreakerState } from './breaker.ts'
import { Call, type Caller } from './call.ts'
import type { Line, Server } from './client.ts'
import { down, isReply, late, meaningOf, wordOf } from './errors.ts'
import { type Greeting, meet } from './greeting.ts'
import { type Ask, failureOf, Kept, type Surroundings } from './kept.ts'
import type { Ticks } from './ticks.ts'

/** Silence that kills: this many deadlines, and no less than so many ms. */
const SILENT_DEADLINES = 3
const SHORTEST_SILENCE = 300
/** A replica is left at most so often, ms; and half as often each time that leads to a replica again. */
const LEAVING_PAUSE = 1_000
const LONGEST_LEAVING_PAUSE = 16_000

/** For so long a server counts as one that refuses to write, after it has; ms. */
const REFUSAL = 1_000

export interface PeerEvents {
  up(peer: Peer, greeting: Greeting): void
  down(peer: Peer, error: Error): void
  trying(peer: Peer): void
  breaker(peer: Peer, state: BreakerState): void
  /** It is another server, or has lost its data. */
  changed(peer: Peer): void
  met(peer: Peer, greeting: Greeting, isNew: boolean): void
  /** A cluster wants the call elsewhere. Whether it was sent there. */
  redirect?(peer: Peer, call: Call, answer: string): boolean
}

export interface PeerSurroundings extends Surroundings {
  /** Between two looks at the server, ms. */
  readonly pulse: number
  readonly ticks: Ticks
}

export class Peer implements Caller {
  readonly id: string
  readonly breaker: Breaker
  readonly #around: PeerSurroundings
  readonly #clock: Clock
  readonly #events: PeerEvents
  readonly #kept: Kept
  readonly #flush = (): void => this.#send()
  #line: Line | undefined
  #greeting: Greeting | undefined
  #batch: Call[] = []
  /** Until the first attempt has ended. Bounded by deadlines. */
  #held: Call[] | undefined = []
  #lastError: Error | undefined
  #isClosed = false
  #outstanding = 0
  /** Scripts whose texts have been sent on this connection. */
  readonly #introduced = new Set<string>()
  /** Counts connections. */
  #life = 1
  /** When something was last heard, or asked for after everything had been answered. */
  #heardAt = 0
  #silence: (() => void) | undefined
  #stopPulse: () => void = () => {}
  #leftAt = -Infinity
  #leavingPause = LEAVING_PAUSE
  /** How it refused to write for now, to what, and when; until it has done just that, or has long refused nothing. */
  #refused: { readonly how: string; readonly what: string; readonly at: number } | undefined
  #drained: (() => void) | undefined

  constructor(
    id: string,
    around: PeerSurroundings,
    find: () => Promise<Server> | Server,
    events: PeerEvents,
  ) {
    this.id = id
    this.#around = around
    this.#clock = around.clock
    this.#events = events
    this.breaker = new Breaker(around.clock, (state) => events.breaker(this, state))
    this.#kept = new Kept(around, find, 'data', {
      up: (line, greeting) => this.#up(line, greeting),
      down: (error) => this.#down(error),
      trying: () => events.trying(this),
    })
  }

  open(): void {
    this.#kept.open()
  }

  get isUp(): boolean {
    return this.#line !== undefined
  }

  get greeting(): Greeting | undefined {
    return this.#greeting
  }

  /** Why it is not up. */
  get lastError(): Error | undefined {
    return this.#lastError
  }

  /** How the server last refused to write for now, if it has not written since. */
  get refusal(): string | undefined {
    const { how, at } = this.#refused ?? { how: undefined, at: 0 }
    return this.#clock.now() - at < REFUSAL ? how : undefined
  }

  get outstanding(): number {
    return this.#outstanding + this.#batch.length + (this.#held?.length ?? 0)
  }

  /** A call whose deadline already runs. */
  take(call: Call): void {
    if (call.isSettled) return
    if (this.#line === undefined) return this.#hold(call)
    const ticket = this.breaker.admit()
    if (ticket === 0) return call.fail(down(this.#around.name, 'it failed repeatedly, and is left alone'))
    call.ticket = ticket
    this.#batch.push(call)
    if (this.#batch.length === 1) process.nextTick(this.#flush)
  }

  /** Commands of the link itself. */
  readonly ask: Ask = (command, ms = this.#around.deadline) =>
    new Promise((resolve, reject) => {
      const call = new Call(command, ms, this, resolve, reject)
      this.#around.deadlines.add(call)
      this.take(call)
    })

  /** Two that must follow each other without anything between: ASKING and what is asked. */
  takeAfter(first: readonly [string], call: Call): void {
    const before = new Call(first, call.ms, this, nothing, nothing)
    this.take(before)
    this.take(call)
  }

  heard(call: Call): void {
    this.#returned(call)
    this.#heardAt = this.#clock.now()
    if (!call.isSettled) this.breaker.succeeded(call.ticket)
    if (this.#refused !== undefined && this.#refused.what === whatOf(call)) this.#refused = undefined
  }

  failed(call: Call, error: Error): void {
    const isAnswer = isReply(error)
    this.#returned(call)
    if (isAnswer) this.#heardAt = this.#clock.now()
    if (call.isSettled) return
    if (!isAnswer || meaningOf(error.message).isDeaf === true) this.breaker.failed(call.ticket)
    else this.breaker.succeeded(call.ticket)
    if (isAnswer && this.#goesOn(call, error.message)) return
    call.fail(failureOf(call, error, this.#around.name))
  }

  late(call: Call): void {
    const command = call.name.toUpperCase()
    if (!call.isSent) return call.fail(down(this.#around.name, 'not connected yet', this.#lastError))
    this.breaker.failed(call.ticket)
    this.#suspect()
    call.fail(late(this.#around.name, command, call.ms))
  }

  /** It is not what it was: away, and look anew where to go. */
  replace(error: Error): void {
    this.#kept.replace(error)
  }

  /** Resolves when nothing is under way any more. */
  drained(): Promise<void> {
    if (this.outstanding === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#drained = resolve
    })
  }

  close(error: Error): void {
    this.#isClosed = true
    this.#stopPulse()
    this.#silence?.()
    this.#lastError = error
    this.#kept.close()
    this.#line = undefined
    this.#failHeld(error)
    this.#failBatch(error)
    this.#drained?.()
  }

  #hold(call: Call): void {
    if (this.#held !== undefined && !this.#isClosed) this.#held.push(call)
    else call.fail(down(this.#around.name, this.#lastError?.message ?? 'not connected', this.#lastError))
  }

  #send(): void {
    const batch = this.#batch
    this.#batch = []
    if (this.#line === undefined) return failAll(batch, down(this.#around.name, 'the connection was lost'))
    if (this.#outstanding === 0) this.#heardAt = this.#clock.now()
    this.#outstanding += batch.length
    for (const call of batch) {
      call.life = this.#life
      if (call.script !== undefined) this.#introduce(call, call.script)
    }
    this.#line.send(batch)
  }

  /** The first time on a connection a script goes by its text: one that is unknown would be called again, out of its turn. */
  #introduce(call: Call, text: string): void {
    if (this.#introduced.has(text)) return
    this.#introduced.add(text)
    asEval(call, text)
  }

  /** It is under way no more. */
  #returned(call: Call): void {
    if (call.life !== this.#life) return
    call.life = 0
    this.#outstanding--
    if (this.#drained !== undefined && this.outstanding === 0) this.#drained()
  }

  /** Answers that are not the end of a call. */
  #goesOn(call: Call, answer: string): boolean {
    const word = wordOf(answer)
    if (word === 'NOSCRIPT' && call.script !== undefined) {
      asEval(call, call.script)
      this.take(call)
      return true
    }
    if (word === 'READONLY') this.#leave(answer)
    const meaning = meaningOf(answer)
    if (meaning.code === 'LINK_REFUSED')
      this.#refused = { how: word, what: whatOf(call), at: this.#clock.now() }
    return this.#events.redirect?.(this, call, answer) ?? false
  }

  /** A replica: perhaps a name or a Sentinel leads elsewhere by now. */
  #leave(why: string): void {
    const now = this.#clock.now()
    if (now - this.#leftAt < this.#leavingPause) return
    this.#leftAt = now
    this.#leavingPause = Math.min(LONGEST_LEAVING_PAUSE, this.#leavingPause * 2)
    // What came with it is still to be answered.
    this.#clock.after(0, () => this.replace(new Error(why)))
  }

  #suspect(): void {
    if (this.#silence !== undefined) return
    const longest = Math.max(SHORTEST_SILENCE, SILENT_DEADLINES * this.#around.deadline)
    const left = this.#heardAt + longest - this.#clock.now()
    const stop = this.#clock.after(Math.max(0, left), () => {
      this.#silence = this.#clock.after(0, () => {
        this.#silence = undefined
        this.#judge(longest)
      })
    })
    this.#silence = stop
  }

  #judge(longest: number): void {
    if (this.#line === undefined || this.#outstanding === 0) return
    if (this.#clock.now() + 1 < this.#heardAt + longest) return this.#suspect()
    this.replace(new Error(`nothing was heard for ${longest} ms`))
  }

  #up(line: Line, greeting: Greeting): void {
    const isNew = this.#identify(greeting, true)
    this.#line = line
    this.#introduced.clear()
    this.#refused = undefined
    this.#lastError = undefined
    this.breaker.close()
    this.#events.met(this, greeting, isNew)
    this.#events.up(this, greeting)
    const held = this.#held ?? []
    this.#held = undefined
    for (const call of held) {
      if (!call.isSettled) this.take(call)
    }
    this.#pulse()
  }

  #down(error: Error): void {
    this.#line = undefined
    this.#lastError = error
    this.#stopPulse()
    this.#silence?.()
    this.#silence = undefined
    this.#failHeld(error)
    this.#outstanding = 0
    this.#life++
    this.#events.down(this, error)
  }

  #pulse(): void {
    // An answer may come, or its deadline pass, when there is another connection: that has a pulse of its own.
    const life = this.#life
    const isSame = (): boolean => this.#line !== undefined && life === this.#life
    this.#stopPulse = this.#around.ticks.after(this.#around.pulse, () => {
      meet(this.ask, this.id, this.#clock)
        .then(
          (greeting) => {
            if (isSame()) this.#meetAgain(greeting)
          },
          () => {},
        )
        .finally(() => {
          this.#around.deadlines.rest()
          if (isSame()) this.#pulse()
        })
        .catch(() => {})
    })
  }

  #meetAgain(greeting: Greeting): void {
    const wasPrimary = this.#greeting?.role === 'master'
    const isNew = this.#identify(greeting, false)
    this.#events.met(this, greeting, isNew)
    if (wasPrimary && greeting.role === 'slave') this.#leave('READONLY it has become a replica')
  }

  /** Whether it is another server than before. Who cannot be asked is another one whenever the connection is. */
  #identify(greeting: Greeting, isFresh: boolean): boolean {
    const before = this.#greeting
    this.#greeting = greeting
    if (greeting.role === 'master') this.#leavingPause = LEAVING_PAUSE
    if (before === undefined) return false
    const isNew = greeting.identity === undefined ? isFresh : greeting.identity !== before.identity
    if (isNew) this.#events.changed(this)
    return isNew
  }

  #failHeld(error: Error): void {
    const held = this.#held ?? []
    this.#held = undefined
    failAll(held, down(this.#around.name, error.message, error))
  }

  #failBatch(error: Error): void {
    const batch = this.#batch
    this.#batch = []
    failAll(batch, error)
  }
}

function asEval(call: Call, text: string): void {
  call.name = 'eval'
  call.args = [text, ...call.args.slice(1)]
  call.script = undefined
}

/** A command, or the script that is called. */
function whatOf({ name, args }: Call): string {
  return name === 'evalsha' ? String(args[0]) : name
}

function failAll(calls: readonly Call[], error: Error): void {
  for (const call of calls) call.fail(error)
}

function nothing(): void {}
