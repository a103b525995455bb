/*
 * A network that goes wrong when told to: TCP between a client and a server of a test, on 127.0.0.1, with switches.
 *
 * 'Up' is from the client to the server, 'down' is back. Both halves of a connection send at once what they are given
 * (no Nagle): otherwise the proxy alone would add forty milliseconds, which looks like a message that was missed.
 *
 * TCP never goes on after a gap. So a connection that has lost something is never healed: `heal` resets it, as a network
 * does that has forgotten a connection. What is only late (`stall`, `delay`) arrives in the end.
 */

import { type Clock, systemClock } from '@larder/core'
import net, { type Socket } from 'node:net'
import { PortTaken, withFreePorts } from '../ports.ts'
import { dial, Link, type ProxiedConnection, reset } from './link.ts'
import { seeded } from './random.ts'
import { type Cut, type Direction, Switches } from './switches.ts'

/**
 * What `faultProxy` takes.
 *
 * @example
 * const proxy = await faultProxy({ target: { port: 6379 }, seed: 42 })
 */
export interface FaultProxyOptions {
  /** Where connections go: a port of 127.0.0.1, or a server as `startRedis` gives it. */
  readonly target: number | { readonly host?: string; readonly port: number; readonly url?: string }
  /** Of all chance in it. Default: another one each time; see `seed`. */
  readonly seed?: number
}

/**
 * What happened, and when, by the clock of this process (`performance.now()`).
 *
 * @example
 * const events: readonly ProxyEvent[] = proxy.log
 * console.log(events.map(({ at, what }) => `${at} ${what}`).join('\n'))
 */
export interface ProxyEvent {
  readonly at: number
  readonly what: string
}

/**
 * A proxy that misbehaves as it is told.
 *
 * @example
 * const proxy: FaultProxy = await faultProxy({ target: server })
 * const store = redis(proxy.url)
 * proxy.cutAll('reset')
 * await proxy.heal()
 */
export interface FaultProxy {
  readonly host: string
  readonly port: number
  /** That of the target, with the port of the proxy. */
  readonly url: string
  /** Of all chance in it: the same one gives the same faults. */
  readonly seed: number
  /** Those that are open, oldest first. */
  readonly connections: readonly ProxiedConnection[]
  /** How many connections there have been. */
  readonly accepted: number
  /** Every switch, and every connection that came, went or was cut. Oldest first. */
  readonly log: readonly ProxyEvent[]
  /** From clients to the server. */
  readonly up: Direction
  /** From the server to clients. */
  readonly down: Direction
  /** Neither data nor an end arrives: on connections that exist, on new ones, by default on both. */
  blackHole(which?: { readonly existing?: boolean; readonly new?: boolean }): void
  /** Ends all connections now. Default: reset. */
  cutAll(how?: Cut): void
  /** Ends connections on which nothing was said for so many milliseconds. Default: reset. */
  idleCut(ms: number, how?: Cut): void
  /** New connections are refused: nobody listens. Existing ones go on. */
  refuse(): void
  /** Listens again, on the same port. */
  accept(): Promise<void>
  /** No more faults. Connections that lost something are reset. */
  heal(): Promise<void>
  close(): Promise<void>
}

const HOST = '127.0.0.1'

/**
 * Listens on a free port of 127.0.0.1 and passes on what comes.
 *
 * @example
 * const redis = await startRedis()
 * const proxy = await faultProxy({ target: redis })
 * const client = createClient({ url: proxy.url })
 * proxy.down.delay(200)
 * proxy.blackHole({ existing: true })
 * await proxy.heal()
 */
export function faultProxy({
  target,
  seed = Math.floor(systemClock.random() * 2 ** 32),
}: FaultProxyOptions): Promise<FaultProxy> {
  const { host = HOST, port, url } = typeof target === 'number' ? { port: target } : target
  return withFreePorts(1, async ([own = 0]) => {
    const proxy = new Relay(own, { host, port }, urlWith(own, url), seed)
    await proxy.accept()
    return proxy
  })
}

function urlWith(port: number, url: string = `redis://${HOST}`): string {
  const changed = new URL(url)
  changed.hostname = HOST
  changed.port = String(port)
  return changed.href
}

class Relay implements FaultProxy {
  readonly host: string = HOST
  readonly port: number
  readonly url: string
  readonly seed: number
  readonly log: ProxyEvent[] = []
  readonly up: Switches
  readonly down: Switches
  accepted = 0
  readonly #target: { readonly host: string; readonly port: number }
  readonly #links = new Set<Link>()
  /** Connections that came, whose other half is not there yet. */
  readonly #waiting = new Set<Socket>()
  readonly #clock: Clock = systemClock
  readonly #random: () => number
  #server: net.Server | undefined
  #isHoleForNew = false
  #idle: { readonly ms: number; readonly how: Cut } | undefined

  constructor(
    port: number,
    target: { readonly host: string; readonly port: number },
    url: string,
    seed: number,
  ) {
    this.port = port
    this.#target = target
    this.url = url
    this.seed = seed
    this.#random = seeded(seed)
    const say = (direction: string) => (what: string) => {
      this.#note(`${direction}: ${what}`)
      for (const link of this.#links) link.update()
    }
    this.up = new Switches(say('up'))
    this.down = new Switches(say('down'))
  }

  get connections(): readonly ProxiedConnection[] {
    return [...this.#links]
  }

  #note(what: string): void {
    this.log.push({ at: this.#clock.exact(), what })
  }

  async #connected(client: Socket): Promise<void> {
    const id = ++this.accepted
    this.#note(`connection ${id}: came`)
    client.on('error', () => {}) // until there is somebody to tell
    if (this.#isHoleForNew) return this.#link(id, client, undefined)
    this.#waiting.add(client)
    const server = await dial(this.#target.host, this.#target.port)
    const isWanted = this.#waiting.delete(client)
    if (server !== undefined && isWanted && !client.destroyed) return this.#link(id, client, server)
    this.#note(`connection ${id}: ${server === undefined ? 'nobody at the target' : 'cut'}`)
    server?.destroy()
    reset(client)
  }

  #link(id: number, client: Socket, server: Socket | undefined): void {
    const link = new Link(id, client, server, this, {
      log: (what) => this.#note(what),
      random: this.#random,
      now: () => this.#clock.exact(),
      closed: () => {
        if (this.#links.delete(link)) this.#note(`connection ${id}: went`)
      },
    })
    this.#links.add(link)
    this.#watchIdle(link)
  }

  blackHole(
    which: { readonly existing?: boolean; readonly new?: boolean } = { existing: true, new: true },
  ): void {
    if (which.new === true) {
      this.#note('black hole for new connections')
      this.#isHoleForNew = true
    }
    if (which.existing === true) for (const link of this.#links) link.blackHole()
  }

  cutAll(how: Cut = 'reset'): void {
    this.#note(`cut all, ${how}`)
    for (const client of this.#waiting) this.#waiting.delete(client)
    for (const link of this.#links) link.cut(how)
  }

  idleCut(ms: number, how: Cut = 'reset'): void {
    this.#note(`cut what is idle for ${ms} ms, ${how}`)
    this.#idle = { ms, how }
    for (const link of this.#links) this.#watchIdle(link)
  }

  #watchIdle(link: Link): void {
    const idle = this.#idle
    if (idle === undefined) return
    const left = link.lastUsed + idle.ms - this.#clock.exact()
    this.#clock.after(Math.max(1, left), () => {
      if (this.#idle !== idle || !this.#links.has(link)) return
      if (this.#clock.exact() - link.lastUsed >= idle.ms) link.cut(idle.how)
      else this.#watchIdle(link)
    })
  }

  refuse(): void {
    this.#note('refuse')
    this.#server?.close()
    this.#server = undefined
  }

  accept(): Promise<void> {
    if (this.#server !== undefined) return Promise.resolve()
    this.#note('accept')
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      this.#connected(client).catch(() => client.destroy())
    })
    this.#server = server
    return new Promise((resolve, reject) => {
      server.once('error', () => {
        this.#server = undefined
        reject(new PortTaken(`port ${this.port} of the proxy is taken`))
      })
      server.listen(this.port, HOST, resolve)
    })
  }

  async heal(): Promise<void> {
    this.#isHoleForNew = false
    this.#idle = undefined
    this.up.heal()
    this.down.heal()
    for (const link of this.#links) link.heal()
    await this.accept()
  }

  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    const closed = new Promise<void>((resolve) => {
      if (server === undefined) resolve()
      else server.close(() => resolve())
    })
    for (const client of this.#waiting) client.destroy()
    for (const link of this.#links) link.destroy()
    await closed
  }
}
