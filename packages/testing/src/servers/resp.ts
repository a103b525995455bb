/*
 * The language of Redis, RESP2 and RESP3, as far as a fixture needs it: commands to bytes, bytes to replies, and where a
 * reply ends.
 *
 * The scanner finds ends without keeping bytes, however they are cut into chunks, so that the proxy can follow any
 * stream at little cost. The client keeps what it has not yet understood, and decodes each reply once, when it is whole.
 */

/**
 * An error that the server answered. `code` is its first word: 'NOAUTH', 'MOVED', 'READONLY' …
 *
 * @example
 * await connection.command('GET').catch((error: unknown) => {
 *   if (error instanceof ReplyError) console.log(error.code, error.message)
 * })
 */
export class ReplyError extends Error {
  override readonly name: string = 'ReplyError'
  readonly code: string

  constructor(text: string) {
    super(text)
    this.code = text.split(' ', 1)[0] ?? ''
  }
}

/** What a server answers. Texts are Buffers if the connection was asked for them. Sets and pushes are lists. */
export type Reply =
  | string
  | Buffer
  | number
  | bigint
  | boolean
  | null
  | ReplyError
  | readonly Reply[]
  | ReadonlyMap<Reply, Reply>

/**
 * What a command is made of.
 *
 * @example
 * const parts: readonly Argument[] = ['SET', 'key', 1n]
 * await connection.command(...parts)
 */
export type Argument = string | number | bigint | Uint8Array

/** A command as the server reads it. */
export function encodeCommand(args: readonly Argument[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${args.length}\r\n`)]
  for (const arg of args) {
    const bytes = arg instanceof Uint8Array ? Buffer.from(arg) : Buffer.from(String(arg))
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF)
  }
  return Buffer.concat(parts)
}

const CRLF = Buffer.from('\r\n')
const LF = 10

/** How many values follow a header of this kind, for each that its number counts. */
const MEMBERS: Readonly<Record<string, number>> = { '*': 1, '~': 1, '>': 1, '%': 2, '|': 2 }

/** Follows a stream of replies (or commands) from its beginning. */
export class Scanner {
  /** How many values are still to come, at each level; bounded by how deep a reply nests. */
  readonly #open: number[] = []
  #skip = 0
  #line = ''

  /** Where in this chunk replies end. */
  feed(chunk: Buffer): readonly number[] {
    const ends: number[] = []
    let at = 0
    while (at < chunk.length) {
      const isBulk = this.#skip > 0
      at = isBulk ? this.#passBulk(chunk, at) : this.#passLine(chunk, at)
      if (this.#isAtEnd) ends.push(at)
      this.#isAtEnd = false
    }
    return ends
  }

  #isAtEnd = false

  #passBulk(chunk: Buffer, at: number): number {
    const step = Math.min(this.#skip, chunk.length - at)
    this.#skip -= step
    if (this.#skip === 0) this.#valueEnds()
    return at + step
  }

  #passLine(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(LF, at)
    if (end < 0) {
      this.#line += chunk.toString('latin1', at)
      return chunk.length
    }
    this.#header(this.#line + chunk.toString('latin1', at, end))
    this.#line = ''
    return end + 1
  }

  #header(line: string): void {
    const kind = line.charAt(0)
    const count = Number(line.slice(1))
    if ('$=!'.includes(kind) && count >= 0) {
      this.#skip = count + CRLF.length
      return
    }
    const members = (MEMBERS[kind] ?? 0) * count + (kind === '|' ? 1 : 0)
    if (members > 0) this.#open.push(members)
    else this.#valueEnds()
  }

  #valueEnds(): void {
    for (;;) {
      const left = this.#open.pop()
      if (left === undefined) break
      if (left === 1) continue
      this.#open.push(left - 1)
      return
    }
    this.#isAtEnd = true
  }
}

/** A whole reply. */
export function decode(bytes: Buffer, asBuffers: boolean): Reply {
  return new Decoder(bytes, asBuffers).value()
}

export const isPush = (bytes: Buffer): boolean => bytes[0] === '>'.charCodeAt(0)

class Decoder {
  readonly #bytes: Buffer
  readonly #asBuffers: boolean
  #at = 0

  constructor(bytes: Buffer, asBuffers: boolean) {
    this.#bytes = bytes
    this.#asBuffers = asBuffers
  }

  value(): Reply {
    const line = this.#line()
    const [kind, rest] = [line.charAt(0), line.slice(1)]
    switch (kind) {
      case '+':
      case '(':
        return kind === '(' ? BigInt(rest) : rest
      case '-':
        return new ReplyError(rest)
      case ':':
        return whole(rest)
      case ',':
        return Number(rest.replace('inf', 'Infinity'))
      case '#':
        return rest === 't'
      case '_':
        return null
      case '$':
      case '=':
      case '!':
        return this.#bulk(kind, Number(rest))
      case '*':
      case '~':
      case '>':
        return Number(rest) < 0 ? null : this.#list(Number(rest))
      case '%':
        return this.#map(Number(rest))
      case '|':
        this.#map(Number(rest)) // attributes of what follows: nobody here asks for them
        return this.value()
      default:
        throw new Error(`no reply of Redis begins with ${JSON.stringify(line.slice(0, 20))}`)
    }
  }

  #line(): string {
    const end = this.#bytes.indexOf(CRLF, this.#at)
    const line = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + CRLF.length
    return line
  }

  #bulk(kind: string, length: number): Reply {
    if (length < 0) return null
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length + CRLF.length
    if (kind === '!') return new ReplyError(bytes.toString())
    const content = kind === '=' ? bytes.subarray('txt:'.length) : bytes
    return this.#asBuffers ? Buffer.from(content) : content.toString()
  }

  #list(length: number): readonly Reply[] {
    return Array.from({ length }, () => this.value())
  }

  #map(size: number): ReadonlyMap<Reply, Reply> {
    return new Map(Array.from({ length: size }, () => [this.value(), this.value()] as const))
  }
}

const whole = (text: string): number | bigint =>
  Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)
