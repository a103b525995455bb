/*
 * One connection through the proxy: two sockets, and a stream in each direction.
 *
 * What happens to one socket happens to the other: an end, a reset. Not so in a black hole: there each side is left alone,
 * and waits for the other as long as it likes.
 */

import net, { type Socket } from 'node:net'
import { Stream, type StreamHooks } from './stream.ts'
import { type Cut, type Direction, Switches } from './switches.ts'

/**
 * One connection, with switches of its own.
 *
 * @example
 * const [first]: readonly ProxiedConnection[] = proxy.connections
 * first?.cut('reset')
 */
export interface ProxiedConnection {
  /** 1 for the first. */
  readonly id: number
  /** 'host:port' as the server sees the client: what CLIENT LIST calls `addr`. */
  readonly address: string
  readonly up: Direction
  readonly down: Direction
  /** Nothing arrives any more, in either direction, and neither side is told that the other has left. */
  blackHole(): void
  cut(how?: Cut): void
}

export interface LinkHooks {
  readonly log: (what: string) => void
  readonly random: () => number
  readonly now: () => number
  /** Both sockets are gone. */
  readonly closed: () => void
}

export class Link implements ProxiedConnection {
  readonly id: number
  readonly up: Switches
  readonly down: Switches
  /** When something last came, from either side. */
  lastUsed: number
  readonly #client: Socket
  readonly #server: Socket | undefined
  readonly #streams: readonly Stream[]
  readonly #hooks: LinkHooks
  #isHole: boolean
  #isCut = false

  /** Without a server: a hole from the beginning. */
  constructor(
    id: number,
    client: Socket,
    server: Socket | undefined,
    shared: { readonly up: Switches; readonly down: Switches },
    hooks: LinkHooks,
  ) {
    this.id = id
    this.#client = client
    this.#server = server
    this.#hooks = hooks
    this.#isHole = server === undefined
    this.lastUsed = hooks.now()
    const say = (direction: string) => (what: string) => {
      hooks.log(`connection ${id}: ${direction}: ${what}`)
      this.update()
    }
    this.up = new Switches(say('up'))
    this.down = new Switches(say('down'))
    const streamHooks: StreamHooks = {
      touched: () => {
        this.lastUsed = hooks.now()
      },
      cut: (how) => this.cut(how),
      random: hooks.random,
    }
    this.#streams =
      server === undefined
        ? []
        : [
            new Stream(client, server, this.up, shared.up, streamHooks),
            new Stream(server, client, this.down, shared.down, streamHooks),
          ]
    for (const socket of this.#sockets) this.#watch(socket)
    if (server === undefined) client.resume()
    else this.update()
  }

  get #sockets(): readonly Socket[] {
    return this.#server === undefined ? [this.#client] : [this.#client, this.#server]
  }

  #watch(socket: Socket): void {
    socket.setNoDelay(true)
    socket.on('error', () => {
      if (!this.#isHole) this.cut('reset')
    })
    socket.once('close', () => {
      if (this.#sockets.every(({ closed }) => closed)) this.#hooks.closed()
    })
  }

  get address(): string {
    return this.#server === undefined ? '' : `${this.#server.localAddress}:${this.#server.localPort}`
  }

  /** Whether the two ends no longer agree on what was said: it cannot go on after that. */
  get hasLost(): boolean {
    return this.#isHole || this.#streams.some((stream) => stream.hasLost)
  }

  update(): void {
    for (const stream of this.#streams) stream.update()
  }

  blackHole(): void {
    this.#hooks.log(`connection ${this.id}: black hole`)
    this.#isHole = true
    for (const stream of this.#streams) stream.swallow()
  }

  heal(): void {
    this.up.heal()
    this.down.heal()
    if (this.hasLost) this.cut('reset')
    else for (const stream of this.#streams) stream.release()
  }

  cut(how: Cut = 'reset'): void {
    if (this.#isCut) return
    this.#isCut = true
    this.#hooks.log(`connection ${this.id}: cut, ${how}`)
    for (const socket of this.#sockets) {
      if (how === 'reset') reset(socket)
      else socket.destroySoon()
    }
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

/**
 * Ends it as if it had never been. One that is hanging up is only closed: Node cannot reset it, would never close it then, and
 * spins for ever when the process ends.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

/** The other half of a connection that has come; undefined if nobody is there. */
export function dial(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, allowHalfOpen: true })
    socket.once('error', () => resolve(undefined))
    socket.once('connect', () => {
      socket.pause()
      resolve(socket)
    })
  })
}
