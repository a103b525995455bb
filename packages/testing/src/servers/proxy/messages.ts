/*
 * Messages in a stream: replies in one direction, commands in the other. Only here does the proxy understand what it
 * passes on, and only as far as to know where a message ends.
 *
 * The stream is followed from its beginning, since a boundary cannot be found in the middle; bytes are held back only
 * while a fault waits for its message to be whole. What is encrypted is passed on as it is.
 */

import { Scanner } from '../resp.ts'
import type { MessageFault } from './switches.ts'

/** What a TLS connection begins with, in both directions. */
const TLS_HANDSHAKE = 0x16

export class Messages {
  readonly #scanner: Scanner = new Scanner()
  readonly #claim: () => MessageFault | undefined
  readonly #random: () => number
  #isOpaque: boolean | undefined
  #isInside = false
  #fault: MessageFault | undefined
  #pieces: Buffer[] = []
  #whole: Buffer[] = []

  /** `claim` gives the fault that is to happen to the message that begins, and takes it from everybody else. */
  constructor(claim: () => MessageFault | undefined, random: () => number) {
    this.#claim = claim
    this.#random = random
  }

  /** What is to be passed on instead of this chunk. */
  pass(chunk: Buffer): readonly Buffer[] {
    this.#isOpaque ??= chunk[0] === TLS_HANDSHAKE
    if (this.#isOpaque) return [chunk]
    const passed: Buffer[] = []
    let from = 0
    for (const end of this.#scanner.feed(chunk)) {
      this.#piece(chunk.subarray(from, end), true, passed)
      from = end
    }
    if (from < chunk.length) this.#piece(chunk.subarray(from), false, passed)
    return passed.length > 1 ? [Buffer.concat(passed)] : passed
  }

  /** What is held back, as it came. */
  release(): Buffer {
    const held = Buffer.concat([...this.#whole, ...this.#pieces])
    this.#fault = undefined
    this.#pieces = []
    this.#whole = []
    return held
  }

  #piece(piece: Buffer, isEnd: boolean, passed: Buffer[]): void {
    if (!this.#isInside) this.#fault ??= this.#claim()
    this.#isInside = !isEnd
    if (this.#fault === undefined) {
      passed.push(piece)
      return
    }
    this.#pieces.push(piece)
    if (!isEnd) return
    this.#whole.push(Buffer.concat(this.#pieces))
    this.#pieces = []
    if (this.#whole.length < (this.#fault.kind === 'swap' ? 2 : 1)) return
    passed.push(...this.#spoilt(this.#fault, this.#whole))
    this.#fault = undefined
    this.#whole = []
  }

  #spoilt(fault: MessageFault, whole: readonly Buffer[]): readonly Buffer[] {
    if (fault.kind === 'drop') return []
    if (fault.kind === 'swap') return whole.toReversed()
    return whole.map((message) => this.#corrupted(message, fault.at))
  }

  #corrupted(message: Buffer, at: number = Math.floor(this.#random() * message.length)): Buffer {
    const other = Buffer.from(message)
    const before = other.at(at)
    if (before === undefined) return other
    other[at < 0 ? other.length + at : at] = before ^ (1 + Math.floor(this.#random() * 255))
    return other
  }
}
