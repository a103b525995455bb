/*
 * One server process: of a standalone Redis, of a cluster, a replica, a Sentinel. What they share is here: a folder, a
 * configuration, a supervisor, a connection of our own, and the ways to hurt it.
 *
 * Everything about a server is in its configuration file and not on the command line, which every process can read.
 */

import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findServer, type ServerName } from './binary.ts'
import { type Connection, connect, type ConnectOptions } from './connection.ts'
import { PortTaken } from './ports.ts'
import { type Argument, ReplyError } from './resp.ts'
import { type Supervised, supervised } from './supervised.ts'
import { Hopeless, until } from './waiting.ts'

/**
 * As in redis.conf; a list is several lines of that name, true and false are yes and no.
 *
 * @example
 * const config: RedisConfig = { maxmemory: '10mb', 'maxmemory-policy': 'allkeys-lru' }
 * const server = await startRedis({ config })
 */
export type RedisConfig = Readonly<Record<string, string | number | boolean | readonly string[]>>

/**
 * How a server is started again.
 *
 * @example
 * await server.kill()
 * await server.restart({ empty: true }) // without its data
 */
export interface RestartOptions {
  /** Without what it held: as if it had never been saved. Default: false. */
  readonly empty?: boolean
  /** Do not wait until it has loaded what it held: it answers, perhaps with LOADING. Default: false. */
  readonly loading?: boolean
}

/**
 * A server of a test, alone on its port of 127.0.0.1.
 *
 * @example
 * const server: RedisServer = await startRedis()
 * const store = redis(server.url)
 * server.pause() // it hangs, as a machine does that swaps
 * server.resume()
 * await server.stop()
 */
export interface RedisServer {
  readonly host: string
  readonly port: number
  /** With the password, if there is one. */
  readonly url: string
  /** Of the server process that runs now. */
  readonly pid: number
  /** Its own, removed at the end. */
  readonly dir: string
  /** With TLS: the authority that a client has to trust, in PEM. */
  readonly ca: string | undefined
  readonly program: 'redis' | 'valkey'
  readonly version: string
  /** Whether the process is there, and not stopped. */
  readonly isRunning: boolean
  /** A command on the fixture's own connection, which may do everything and outlives restarts. */
  command(...args: readonly Argument[]): Promise<unknown>
  /** A new connection, with the rights of the fixture if no name is given. */
  connect(options?: ConnectOptions): Promise<Connection>
  /** Stops the process without ending it: connections stay, nothing answers. */
  pause(): void
  resume(): void
  /** As if the machine were gone. Resolves when it is. */
  kill(): Promise<void>
  /** Starts it again on the same port, with what it held; kills it before if it runs. */
  restart(how?: RestartOptions): Promise<void>
  /** What it has logged so far. */
  log(): string
  /** The end of the server, its connections and its folder. */
  stop(): Promise<void>
}

/** Who may do everything. */
export interface Login {
  readonly username: string
  readonly password: string
}

export interface NodeOptions {
  readonly port: number
  readonly url: string
  readonly config: RedisConfig
  readonly args?: readonly string[]
  readonly server?: ServerName | undefined
  readonly login?: Login | undefined
  readonly ca?: string | undefined
  /** Files of its folder that are there before it starts. */
  readonly files?: Readonly<Record<string, string>>
  readonly isSentinel?: boolean
}

const HOST = '127.0.0.1'

/** Starts a server and waits until it answers. A port that is taken rejects with `PortTaken`. */
export async function startNode(options: NodeOptions): Promise<RedisServer> {
  const binary = await findServer(options.server)
  const dir = await mkdtemp(path.join(tmpdir(), 'larder-redis-'))
  const file = path.join(dir, 'redis.conf')
  const config: RedisConfig = {
    bind: HOST,
    port: options.port,
    dir,
    ...(options.isSentinel !== true && { save: '', appendonly: false, 'repl-diskless-sync-delay': 0 }),
    ...(options.isSentinel !== true && knowsDebug(binary) && { 'enable-debug-command': 'local' }),
    ...options.config,
  }
  for (const [name, text] of Object.entries({ ...options.files, 'redis.conf': configText(config) })) {
    await writeFile(path.join(dir, name), text)
    await chmod(path.join(dir, name), 0o600)
  }
  const args = [file, ...(options.isSentinel === true ? ['--sentinel'] : []), ...(options.args ?? [])]
  const run = (): Promise<Supervised> => supervised(dir, binary.file, args)

  const node = new Node(options, binary, dir, run)
  await node.begin()
  return node
}

const knowsDebug = ({ program, major }: { program: string; major: number }): boolean =>
  program === 'valkey' || major >= 7

function configText(config: RedisConfig): string {
  const lines = Object.entries(config).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map(
      (each: string | number | boolean) => `${name} ${wordOf(each)}`,
    ),
  )
  const broken = lines.find((line) => line.includes('\n'))
  if (broken !== undefined) throw new TypeError(`config: a line break in ${broken.split(' ', 1)[0]}`)
  return `${lines.join('\n')}\n`
}

function wordOf(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return value === '' ? '""' : String(value)
}

/** A text as one word of a configuration file. */
export const quoted = (text: string): string => JSON.stringify(text)

class Node implements RedisServer {
  readonly host: string = HOST
  readonly port: number
  readonly url: string
  readonly dir: string
  readonly ca: string | undefined
  readonly program: 'redis' | 'valkey'
  readonly version: string
  readonly #login: Login | undefined
  readonly #isSentinel: boolean
  readonly #run: () => Promise<Supervised>
  #process: Supervised | undefined
  #own: Promise<Connection> | undefined
  #isPaused = false
  #lastLog: string | undefined

  constructor(
    { port, url, ca, login, isSentinel = false }: NodeOptions,
    { program, version }: { readonly program: 'redis' | 'valkey'; readonly version: string },
    dir: string,
    run: () => Promise<Supervised>,
  ) {
    this.port = port
    this.url = url
    this.ca = ca
    this.dir = dir
    this.program = program
    this.version = version
    this.#login = login
    this.#isSentinel = isSentinel
    this.#run = run
  }

  async begin(): Promise<void> {
    this.#process = await this.#run()
    try {
      await this.#untilItAnswers(false)
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  get pid(): number {
    return this.#running.pid
  }

  get isRunning(): boolean {
    return this.#process?.isRunning === true && !this.#isPaused
  }

  get #running(): Supervised {
    if (this.#process === undefined) throw new Error(`the server on port ${this.port} has been stopped`)
    return this.#process
  }

  async command(...args: readonly Argument[]): Promise<unknown> {
    const own = await this.#ownConnection()
    return own.command(...args)
  }

  async #ownConnection(): Promise<Connection> {
    const before = await this.#own?.catch(() => undefined)
    if (before?.isOpen === true) return before
    this.#own = this.connect({ unverified: this.ca !== undefined }) // it may have the wrong certificate on purpose
    return this.#own
  }

  connect(options: ConnectOptions = {}): Promise<Connection> {
    const rights = options.username === undefined && options.password === undefined ? this.#login : undefined
    return connect(this.port, { ...(this.ca !== undefined && { ca: this.ca }), ...rights, ...options })
  }

  pause(): void {
    this.#running.signal('SIGSTOP')
    this.#isPaused = true
  }

  resume(): void {
    this.#running.signal('SIGCONT')
    this.#isPaused = false
  }

  async kill(): Promise<void> {
    const running = this.#running
    running.signal('SIGKILL')
    await running.ended
    this.#isPaused = false
  }

  async restart({ empty = false, loading = false }: RestartOptions = {}): Promise<void> {
    const before = this.#running
    if (this.#isPaused) this.resume()
    if (before.isRunning && !empty && !this.#isSentinel) await this.#save()
    await this.kill()
    if (empty) await this.#forget()
    this.#process = await this.#run()
    await before.handOver()
    await this.#untilItAnswers(loading)
  }

  async #save(): Promise<void> {
    await until({ what: `the server on port ${this.port} has saved what it holds` }, async () => {
      try {
        return await this.command('SAVE')
      } catch (error) {
        // It may just be writing for a replica.
        if (error instanceof ReplyError && !/Background save/.test(error.message))
          throw new Hopeless(error.message)
        throw error
      }
    })
  }

  async #forget(): Promise<void> {
    const kept = ['redis.conf', 'log', 'nodes.conf', 'server.crt', 'server.key', 'ca.crt']
    for (const name of await readdir(this.dir)) {
      if (!kept.includes(name)) await rm(path.join(this.dir, name), { recursive: true })
    }
  }

  log(): string {
    const file = path.join(this.dir, 'log')
    return this.#lastLog ?? (existsSync(file) ? readFileSync(file, 'utf8') : '')
  }

  async stop(): Promise<void> {
    const running = this.#process
    if (running === undefined) return
    this.#lastLog = this.log()
    this.#process = undefined
    await this.#forgetConnection()
    await running.stop()
  }

  /** It, and not somebody else who has the port. */
  async #untilItAnswers(mayBeLoading: boolean): Promise<void> {
    const { pid } = this.#running
    await until(
      { what: `the server on port ${this.port} answers`, detail: () => `:\n${this.#toldLog()}` },
      async () => {
        if (!this.#running.isRunning) throw this.#why()
        const info = String(await this.command('INFO', 'server'))
        if (!info.includes(`process_id:${pid}\r`)) return this.#forgetConnection() // ours is about to find the port taken
        return mayBeLoading || (await this.#hasLoaded())
      },
    )
  }

  async #forgetConnection(): Promise<false> {
    const own = await this.#own?.catch(() => undefined)
    own?.close()
    return false
  }

  async #hasLoaded(): Promise<boolean> {
    try {
      return (await this.command('PING')) === 'PONG'
    } catch (error) {
      // A replica that has no data yet is up all the same.
      return error instanceof ReplyError && error.code === 'MASTERDOWN'
    }
  }

  /** A line of the configuration that it complains about may have a password in it. */
  #toldLog(): string {
    return this.log().replace(/^(>>> '(?:user|requirepass|masterauth|sentinel auth-pass)) .*$/gm, "$1 …'")
  }

  #why(): Error {
    if (/Address already in use/.test(this.log())) return new PortTaken(`port ${this.port} is taken`)
    return new Hopeless(`the server on port ${this.port} did not start:\n${this.#toldLog()}`)
  }
}
