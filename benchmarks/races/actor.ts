/*
 * An actor: a process with a cache, seen from the director. All its connections go through a proxy of its own.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import {
  type FaultProxy,
  faultProxy,
  type ProxiedConnection,
  type RedisServer,
} from '@larder/testing/servers'
import type { LibraryName } from './libraries/all.ts'
import { tagOf } from './library.ts'
import type { Asked, Order, Orders, Said } from './orders.ts'
import type { Source } from './source.ts'

/** The process of a library has ended by itself: an observation, not a failure of the scenario. */
export class Died extends Error {}

/** ms that an answer may take when nothing is wrong. */
export const PATIENCE = 10_000
/** ms that a process may take to start, on a machine that has other things to do. */
const OPENING = 40_000
/** ms beyond its own patience in which a process must say what became of a call. */
const GRACE = 5_000
/** Of what it says in its last moments. */
const KEPT = 4_000

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

export interface Stage {
  readonly library: LibraryName
  readonly redis: RedisServer
  readonly source: Source
  readonly isTagged: boolean
  /** What the processes run: a file. */
  readonly program: string
}

export class Actor {
  readonly proxy: FaultProxy
  readonly #child: ChildProcess
  readonly #library: LibraryName
  readonly #redis: RedisServer
  readonly #waiting = new Map<number, Waiting>()
  #ids = 0
  #lastWords = ''
  #ended: string | undefined

  static async enter(stage: Stage): Promise<Actor> {
    const proxy = await faultProxy({ target: stage.redis })
    const actor = new Actor(stage, proxy)
    const { library, isTagged } = stage
    try {
      await actor.#ask('open', { library, isTagged, url: proxy.url }, OPENING)
      return actor
    } catch (error) {
      await actor.leave()
      throw error
    }
  }

  private constructor({ library, redis, source, program }: Stage, proxy: FaultProxy) {
    this.proxy = proxy
    this.#library = library
    this.#redis = redis
    const child = fork(program, [], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#lastWords = (this.#lastWords + chunk.toString()).slice(-KEPT)
      })
    }
    child.on('message', (message) => this.#heard(message as Said, source))
    child.on('error', () => {}) // what was sent to a process that has just ended
    child.once('close', (code, signal) => this.#hasEnded(`${signal ?? code}`))
  }

  #heard(said: Said, source: Source): void {
    if ('load' in said) {
      void source.load(said.key).then((value) => {
        if (this.#child.connected) this.#child.send({ loaded: said.load, value }, () => {})
      })
      return
    }
    const waiting = this.#waiting.get(said.id)
    this.#waiting.delete(said.id)
    if ('error' in said) waiting?.reject(new Error(said.error))
    else waiting?.resolve(said.answer)
  }

  #hasEnded(how: string): void {
    this.#ended =
      /^(?:\w*Error\b.*|.*\bError: .*)$/m.exec(this.#lastWords)?.[0]?.trim() ?? `ended with ${how}`
    for (const { reject } of this.#waiting.values()) reject(new Died(this.#ended))
    this.#waiting.clear()
  }

  #ask<O extends Order>(order: O, told: Orders[O]['told'], patience: number): Promise<Orders[O]['answer']> {
    const asking = new Promise<Orders[O]['answer']>((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(new Died(this.#ended))
        return
      }
      const id = ++this.#ids
      const late = setTimeout(() => {
        this.#waiting.delete(id)
        reject(
          new Error(
            `${this.#library}: no word of "${order}" within ${patience + GRACE} ms; last words: ${this.#lastWords}`,
          ),
        )
      }, patience + GRACE)
      this.#waiting.set(id, {
        resolve: (answer) => {
          clearTimeout(late)
          resolve(answer as Orders[O]['answer'])
        },
        reject: (error) => {
          clearTimeout(late)
          reject(error)
        },
      })
      this.#child.send({ id, order, told }, () => {}) // who has ended says so by itself
    })
    asking.catch(() => {}) // it may end while the director does something else, and looks later
    return asking
  }

  read(key: string, patience: number = PATIENCE): Promise<Asked> {
    return this.#ask('read', { key, patience }, patience)
  }

  invalidate(key: string, patience: number = PATIENCE): Promise<Asked> {
    return this.#ask('invalidate', { key, patience }, patience)
  }

  invalidateTagOf(key: string, patience: number = PATIENCE): Promise<Asked> {
    return this.#ask('invalidateTag', { tag: tagOf(key), patience }, patience)
  }

  watch(key: string, wanted: string, ms: number): Promise<readonly Asked[]> {
    return this.#ask('watch', { key, wanted, ms }, ms + PATIENCE)
  }

  /** Its connections on which it listens to others, and those on which it asks. */
  async connections(): Promise<{
    readonly listening: readonly ProxiedConnection[]
    readonly asking: readonly ProxiedConnection[]
  }> {
    const list = String(await this.#redis.command('CLIENT', 'LIST'))
    const subscribed = new Set(
      list
        .split('\n')
        .filter((line) => /\bs?sub=[1-9]/.test(line))
        .map((line) => /\baddr=(\S+)/.exec(line)?.[1]),
    )
    const all = this.proxy.connections
    return {
      listening: all.filter(({ address }) => subscribed.has(address)),
      asking: all.filter(({ address }) => !subscribed.has(address)),
    }
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name)
  }

  async leave(): Promise<void> {
    for (const { reject } of this.#waiting.values()) reject(new Died('it was told to leave'))
    this.#waiting.clear()
    const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null
    const ended = isOver ? undefined : once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
    await this.proxy.close()
  }
}
