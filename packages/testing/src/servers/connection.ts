/*
 * The fixture's own connection to a Redis: for tests that must look at a server without any client library between.
 *
 * It does nothing by itself. No reconnecting, no queue while it is away, no timeouts: what the server sends is what the
 * test sees, and a connection that is gone says so to everybody who waits.
 */

import net from 'node:net'
import tls from 'node:tls'
import { type Argument, decode, encodeCommand, isPush, type Reply, ReplyError, Scanner } from './resp.ts'

/**
 * How a connection is made.
 *
 * @example
 * const connection = await connect(server.port, { password: 'secret', protocol: 3 })
 */
export interface ConnectOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** 2 is what every server speaks at first. Default: 2. */
  readonly protocol?: 2 | 3 | undefined
  /** Over TLS, trusting this authority. */
  readonly ca?: string | undefined
  /** Over TLS, whoever answers. Default: false. */
  readonly unverified?: boolean
  /** Texts as Buffers. Default: false. */
  readonly buffers?: boolean
}

/**
 * A connection that says commands and hears answers, for looking into a server.
 *
 * @example
 * const connection: Connection = await connect(server.port)
 * await connection.command('SET', 'key', 'value')
 * connection.close()
 */
export interface Connection {
  /** One command. Rejects with a `ReplyError` if that is the answer. */
  command(...args: readonly Argument[]): Promise<unknown>
  /** Many commands in one write; errors are among the answers. */
  pipeline(commands: readonly (readonly Argument[])[]): Promise<readonly unknown[]>
  /** Bytes as they are; nothing waits for an answer. */
  write(bytes: Uint8Array | string): void
  /** What came without being asked for: messages of subscriptions, invalidations. Oldest first. */
  readonly pushes: readonly unknown[]
  /** Resolves when the nth push has come; 1 is the first. */
  push(n: number): Promise<unknown>
  /** 'host:port' of this end, as the server sees it. */
  readonly address: string
  readonly isOpen: boolean
  /** Resolves when the connection is gone, with the reason if there is one. */
  readonly closed: Promise<Error | undefined>
  close(): void
}

interface Asked {
  readonly replies: Reply[]
  readonly count: number
  readonly settle: (replies: readonly Reply[]) => void
  readonly fail: (error: Error) => void
}

/**
 * Connects, authenticates if there is a password, and speaks RESP3 if it is asked to.
 *
 * @example
 * const looking = await connect(server.port, { protocol: 3 })
 * await looking.command('CLIENT', 'TRACKING', 'ON')
 * await looking.command('GET', 'k')
 * await server.command('SET', 'k', 'other')
 * expect(await looking.push(1)).toEqual(['invalidate', ['k']])
 */
export async function connect(port: number, options: ConnectOptions = {}): Promise<Connection> {
  const { username = 'default', password, protocol = 2 } = options
  const connection = await open(port, options)
  try {
    if (password !== undefined) await connection.command('AUTH', username, password)
    if (protocol === 3) await connection.command('HELLO', 3)
  } catch (error) {
    connection.close()
    throw error
  }
  return connection
}

function open(
  port: number,
  { host = '127.0.0.1', ca, unverified = false, buffers = false }: ConnectOptions,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const isTls = ca !== undefined || unverified
    const trust = { ...(ca !== undefined && { ca }), rejectUnauthorized: !unverified }
    const socket = isTls ? tls.connect({ port, host, ...trust }) : net.connect({ port, host })
    const connection = over(socket, buffers)
    socket.setNoDelay(true)
    socket.once(isTls ? 'secureConnect' : 'connect', () => resolve(connection))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`the connection to port ${port} was closed at once`)))
  })
}

function over(socket: net.Socket, buffers: boolean): Connection {
  const scanner = new Scanner()
  const asked: Asked[] = []
  const pushes: Reply[] = []
  const awaited: {
    readonly n: number
    readonly come: (push: Reply) => void
    readonly fail: Asked['fail']
  }[] = []
  let pieces: Buffer[] = []
  let reason: Error | undefined
  let isOpen = true
  let address = ''

  socket.once('connect', () => {
    address = `${socket.localAddress}:${socket.localPort}`
  })
  const pushed = (push: Reply): void => {
    pushes.push(push)
    for (const { n, come } of awaited) if (n === pushes.length) come(push)
  }

  const arrived = (bytes: Buffer): void => {
    const reply = decode(bytes, buffers)
    const first = asked[0]
    if (first === undefined || isUnasked(bytes, reply)) return pushed(reply)
    first.replies.push(reply)
    if (first.replies.length < first.count) return
    asked.shift()
    first.settle(first.replies)
  }

  socket.on('data', (chunk: Buffer) => {
    let from = 0
    try {
      for (const end of scanner.feed(chunk)) {
        arrived(Buffer.concat([...pieces, chunk.subarray(from, end)]))
        pieces = []
        from = end
      }
    } catch (error) {
      socket.destroy(error as Error)
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from))
  })
  socket.on('error', (error) => {
    reason = error
  })
  const closed = new Promise<Error | undefined>((resolve) => {
    socket.once('close', () => {
      isOpen = false
      const error = gone(reason)
      for (const { fail } of [...asked.splice(0), ...awaited.splice(0)]) fail(error)
      resolve(reason)
    })
  })

  const ask = (bytes: Buffer, count: number): Promise<readonly Reply[]> =>
    new Promise((settle, fail) => {
      if (!isOpen) return fail(gone(reason))
      asked.push({ replies: [], count, settle, fail })
      socket.write(bytes)
    })

  return {
    async command(...args) {
      const replies = await ask(encodeCommand(args), repliesTo(args))
      const refused = replies.find((reply) => reply instanceof ReplyError)
      if (refused instanceof ReplyError) throw refused
      return replies.length === 1 ? (replies[0] ?? null) : replies
    },
    pipeline: (commands) => ask(Buffer.concat(commands.map(encodeCommand)), commands.length),
    write(bytes) {
      socket.write(bytes)
    },
    pushes,
    push: (n) =>
      new Promise((come, fail) => {
        const known = pushes[n - 1]
        if (known !== undefined) return come(known)
        if (!isOpen) return fail(gone(reason))
        awaited.push({ n, come, fail })
      }),
    get address() {
      return address
    },
    get isOpen() {
      return isOpen
    },
    closed,
    close: () => void socket.destroy(),
  }
}

const gone = (cause: Error | undefined): Error => new Error('the connection is closed', { cause })

const SUBSCRIBING = /^[ps]?(un)?subscribe$/i

/** A subscription is confirmed once per channel. */
function repliesTo(args: readonly Argument[]): number {
  return SUBSCRIBING.test(String(args[0])) ? Math.max(1, args.length - 1) : 1
}

/** In RESP2 a message looks like an answer; in RESP3 the confirmation of a subscription looks like a message. */
function isUnasked(bytes: Buffer, reply: Reply): boolean {
  const kind = Array.isArray(reply) ? String(reply[0]) : ''
  if (isPush(bytes)) return !SUBSCRIBING.test(kind)
  return /^[ps]?message$/.test(kind)
}
