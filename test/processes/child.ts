/*
 * A process of a test, and the line to it: it is asked, and answers; it is told, and need not; it reports by itself.
 *
 * It ends when whoever started it is gone: it hears that the line to it was cut.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** What can be asked of a process, by name: what it is told with, and what it answers. */
export type Book<B> = { readonly [Order in keyof B]: { readonly told: unknown; readonly answer: unknown } }

/** What comes from a process. */
export type Said<Report> =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly report: Report }

/** What goes to a process. Nobody waits for an answer to 0. */
export interface Told {
  readonly id: number
  readonly order: PropertyKey
  readonly told: unknown
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

export class Child<B extends Book<B>, Report> {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Set<(report: Report) => void>()
  #ids = 0
  #hasEnded = false

  constructor(file: string, env: NodeJS.ProcessEnv = {}) {
    const child = fork(file, [], {
      execArgv: ['--expose-gc'],
      env: { ...process.env, ...env },
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child = child
    child.on('message', (said) => this.#heard(said as Said<Report>))
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

  #heard(said: Said<Report>): void {
    if ('report' in said) return this.#listeners.forEach((listener) => listener(said.report))
    const waiting = this.#waiting.get(said.id)
    this.#waiting.delete(said.id)
    if ('error' in said) waiting?.reject(new Error(said.error))
    else waiting?.resolve(said.answer)
  }

  /** Tells it to do something. Rejects if it ends before it has answered. */
  ask<O extends keyof B>(order: O, told: B[O]['told']): Promise<B[O]['answer']> {
    return new Promise((resolve, reject) => {
      const id = ++this.#ids
      if (this.#hasEnded) return reject(new Error('the process has ended'))
      this.#waiting.set(id, { resolve: (answer) => resolve(answer), reject })
      this.#child.send({ id, order, told } satisfies Told, (error) => {
        if (error !== null && this.#waiting.delete(id)) reject(error)
      })
    })
  }

  /** Tells it something, if it is still there. */
  tell<O extends keyof B>(order: O, told: B[O]['told']): void {
    if (!this.#hasEnded && this.#child.connected)
      this.#child.send({ id: 0, order, told } satisfies Told, () => {})
  }

  onReport(listener: (report: Report) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM' | 'SIGKILL'): void {
    if (!this.#hasEnded) this.#child.kill(name)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended
  }
}
