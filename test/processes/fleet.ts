/*
 * A fleet: processes with a cache each, on one store. They can be stopped, resumed and killed as whole processes.
 *
 * A process ends when whoever started it is gone: it hears that the line to it was cut.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Opening, Order, Orders, Report, Said } from './orders.ts'

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class Worker {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Set<(report: Report) => void>()
  #ids = 0
  #hasEnded = false

  constructor(file: string) {
    const child = fork(file, [], {
      execArgv: ['--expose-gc'],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child = child
    child.on('message', (said) => this.#heard(said as Said))
    this.ended = once(child, 'exit').then((values) => {
      const [code, signal] = values as [number | null, NodeJS.Signals | null]
      this.#hasEnded = true
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the process has ended: ${signal ?? code}`))
      this.#waiting.clear()
      return { code, signal }
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  #heard(said: Said): void {
    if ('report' in said) return this.#listeners.forEach((listener) => listener(said.report))
    const waiting = this.#waiting.get(said.id)
    this.#waiting.delete(said.id)
    if ('error' in said) waiting?.reject(new Error(said.error))
    else waiting?.resolve(said.answer)
  }

  /** Tells it to do something. Rejects if it ends before it has answered. */
  ask<O extends Order>(order: O, told: Orders[O]['told']): Promise<Orders[O]['answer']> {
    return new Promise((resolve, reject) => {
      const id = ++this.#ids
      if (this.#hasEnded) return reject(new Error('the process has ended'))
      this.#waiting.set(id, { resolve: (answer) => resolve(answer as Orders[O]['answer']), reject })
      this.#child.send({ id, order, told }, (error) => {
        if (error !== null && this.#waiting.delete(id)) reject(error)
      })
    })
  }

  onReport(listener: (report: Report) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The next report that it makes of a load. */
  loading(key: string): Promise<Worker> {
    return new Promise((resolve) => {
      const stop = this.onReport((report) => {
        if (report.what !== 'loading' || report.key !== key) return
        stop()
        resolve(this)
      })
    })
  }

  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM' | 'SIGKILL'): void {
    if (!this.#hasEnded) this.#child.kill(name)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended
  }
}

export class Fleet {
  readonly workers: Worker[] = []
  readonly #file: () => string

  /** `file`: the program of the processes, once there is one. */
  constructor(file: () => string) {
    this.#file = file
  }

  /** One more process, with an open cache. */
  async add(opening: Opening): Promise<Worker> {
    const worker = new Worker(this.#file())
    this.workers.push(worker)
    await worker.ask('open', opening)
    return worker
  }

  /** So many of them. */
  async addMany(count: number, opening: Opening): Promise<readonly Worker[]> {
    return Promise.all(Array.from({ length: count }, () => this.add(opening)))
  }

  /** The end of all of them. */
  async end(): Promise<void> {
    await Promise.all(this.workers.splice(0).map((worker) => worker.kill()))
  }
}
