/*
 * A call: one command on its way, from the tick it was made in to its answer.
 *
 * It is what travels through the client's queue as well: ioredis asks its commands for little more than their bytes and
 * what to do with the answer. So a call costs one promise and one object, and answers stay bytes.
 * Once settled it stays settled: an answer that comes after the deadline is dropped, and the client's queue stays in step.
 */

import type { Argument, Reply } from './link.ts'
import { keepShape } from './shapes.ts'

/** Who sent a call, and hears what becomes of it. */
export interface Caller {
  /** Something came back for a call, in time or not. */
  heard(call: Call): void
  /** It was refused by the server, or lost on the way. Settles it, or sends it elsewhere. */
  failed(call: Call, error: Error): void
  /** Its deadline has passed. Settles it. */
  late(call: Call): void
}

export class Call {
  /** Lower case, as ioredis compares them. */
  name: string
  args: readonly (string | Buffer)[]
  /** Changes when a cluster sends the call elsewhere. */
  caller: Caller
  /** The text of a script that is called by its digest, for the server that does not know it. */
  script: string | undefined = undefined
  /** How long it may take, and until when; by the clock of the link. */
  readonly ms: number
  ends = 0
  isSettled = false
  isSent = false
  /** Of the connection it is under way on; 0: it is not. */
  life = 0
  /** Of the breaker, when it was let through. */
  ticket = 0
  /** How often a cluster has sent it elsewhere. */
  hops = 0
  #resolve: (reply: Reply) => void
  #reject: (error: Error) => void

  constructor(
    command: readonly [string, ...Argument[]],
    ms: number,
    caller: Caller,
    resolve: (reply: Reply) => void,
    reject: (error: Error) => void,
  ) {
    this.name = command[0].toLowerCase()
    const args: (string | Buffer)[] = []
    for (let i = 1; i < command.length; i++) {
      const arg = command[i] ?? ''
      args.push(typeof arg === 'string' ? arg : typeof arg === 'number' ? String(arg) : bufferOf(arg))
    }
    this.args = args
    this.ms = ms
    this.caller = caller
    this.#resolve = resolve
    this.#reject = reject
  }

  /**
   * For ioredis: who is to hear the answer. Nobody gets in between: instrumentations put functions of their own here, and then
   * call ours without the call that it belongs to, so that no answer would ever arrive.
   */
  get resolve(): (this: Call, reply: Reply) => void {
    return answered
  }
  set resolve(_) {}

  get reject(): (this: Call, error: Error) => void {
    return refused
  }
  set reject(_) {}

  /** The answer. */
  answered(reply: Reply): void {
    this.caller.heard(this)
    if (this.isSettled) return
    this.#resolve(reply)
    this.#settle()
  }

  /** An error for an answer. */
  refused(error: Error): void {
    this.caller.failed(this, error)
  }

  /** Whoever looks for a promise here must not wait: ioredis, which never does. */
  get promise(): undefined {
    return undefined
  }

  /** For ioredis: nobody is to trace it, its arguments are nobody's business. */
  get isTraced(): boolean {
    return true
  }

  /** For ioredis 6: answers stay as they are in every protocol. */
  setReplyContext(): void {}

  /** For ioredis, which hands on what it gets to the collector that came with the call. */
  toWritable(): this {
    return this
  }

  /** The end of it. */
  fail(error: Error): void {
    if (this.isSettled) return
    this.#reject(error)
    this.#settle()
  }

  /** It may lie in queues for a while: it must not keep alive what was sent and answered. */
  #settle(): void {
    this.isSettled = true
    this.args = NONE
    this.script = undefined
    this.#resolve = nothing
    this.#reject = nothing
  }
}

function answered(this: Call, reply: Reply): void {
  this.answered(reply)
}

function refused(this: Call, error: Error): void {
  this.refused(error)
}

keepShape(new Call(['PING'], 0, { heard: nothing, failed: nothing, late: nothing }, nothing, nothing))

/** Longer ones are not copied. */
const COPIED = 4_096

/** A command as servers read it, each sign a byte: all that is sent in a tick becomes one text, and one write. */
export function encode(call: Call, into: Chunks): void {
  const { name, args } = call
  let text = `*${args.length + 1}${sizeText(name.length)}${name}`
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    if (typeof arg === 'string') {
      const length = Buffer.byteLength(arg)
      text += sizeText(length) + (length === arg.length ? arg : Buffer.from(arg).toString('latin1'))
    } else if (arg.length <= COPIED) {
      text += sizeText(arg.length) + arg.toString('latin1')
    } else {
      into.text(text + sizeText(arg.length))
      into.bytes(arg)
      text = ''
    }
  }
  into.text(`${text}\r\n`)
}

/** The end of what comes before an argument, and its size: made once for each size that is copied. */
const SIZES: string[] = []

function sizeText(bytes: number): string {
  return bytes > COPIED ? `\r\n$${bytes}\r\n` : (SIZES[bytes] ??= `\r\n$${bytes}\r\n`)
}

export interface Chunks {
  text(text: string): void
  bytes(bytes: Buffer): void
}

const NONE: readonly string[] = []

function nothing(): void {}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
