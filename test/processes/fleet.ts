/*
 * A fleet: processes with a cache each, on one store. They can be stopped, resumed and killed as whole processes.
 */

import { Child } from './child.ts'
import type { Opening, Orders, Report } from './orders.ts'

export class Worker extends Child<Orders, Report> {
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
