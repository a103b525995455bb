/*
 * The soak: processes with traffic on one Redis, and everything that can happen to them: stopped and resumed, killed
 * and replaced, the store flushed, its scripts forgotten, stopped, restarted empty; the network cut, lost, slow.
 * It lasts until so many invalidations have been acknowledged.
 */

import { createCache } from '@larder/core'
import { redis } from '@larder/redis'
import { type FaultProxy, faultProxy, type RedisServer, startRedis } from '@larder/testing/servers'
import { Fleet, type Worker } from './fleet.ts'
import { Judge, type Verdict } from './judge.ts'
import { linesOf } from './lines.ts'
import { type Kept, now, type Opening, type Part } from './orders.ts'
import { KEYS, nameOf, spacesOf } from './places.ts'
import { passed, Source } from './source.ts'

export interface SoakOptions {
  /** The program of the processes. */
  readonly file: string
  /** Acknowledged invalidations. */
  readonly rounds: number
  readonly without?: readonly Part[]
  /** Default: true. */
  readonly faults?: boolean
  /** Ends at the first promise that is broken. */
  readonly untilBroken?: boolean
  readonly seed?: number
}

export interface Soaked extends Verdict {
  readonly seconds: number
  readonly faults: Readonly<Record<string, number>>
  /** Values that a new process found at the end, and which of them were older than the source of truth said. */
  readonly left: number
  readonly leftOld: readonly string[]
  /** What processes of the soak still answered, when all was quiet: the same. */
  readonly disagreed: readonly string[]
  /** Leases that are still there after all processes have left in order. */
  readonly leases: number
}

const PROCESSES = 3
const CLIENTS = 20
/** Default of @larder/redis. */
const MAX_STALENESS = 1_000
/** ms: a read is called a little before it looks at what is remembered. */
const MARGIN = 5

export async function soak(options: SoakOptions): Promise<Soaked> {
  const truth = await startRedis()
  const server = await startRedis()
  const proxy = await faultProxy({ target: server })
  const fleet = new Fleet(() => options.file)
  try {
    return await new Soak(options, truth, server, proxy, fleet).run()
  } finally {
    await fleet.end()
    await proxy.close()
    await server.stop()
    await truth.stop()
  }
}

interface Member {
  readonly worker: Worker
  /** Something is being done to it. */
  isBusy: boolean
}

class Soak {
  readonly #options: SoakOptions
  readonly #truth: RedisServer
  readonly #server: RedisServer
  readonly #proxy: FaultProxy
  readonly #fleet: Fleet
  readonly #judge: Judge
  readonly #members = new Map<number, Member>()
  readonly #faults: Record<string, number> = {}
  readonly #random: () => number
  #isOver = false
  #crashed: string | undefined
  /** Each kind of trouble has been there once. */
  #hadAll: boolean
  #seeds: number

  constructor(
    options: SoakOptions,
    truth: RedisServer,
    server: RedisServer,
    proxy: FaultProxy,
    fleet: Fleet,
  ) {
    this.#options = options
    // Without a channel nothing is remembered.
    this.#judge = new Judge(options.without?.includes('channel') === true ? 0 : MAX_STALENESS + MARGIN)
    this.#truth = truth
    this.#server = server
    this.#proxy = proxy
    this.#fleet = fleet
    this.#seeds = options.seed ?? 1
    this.#hadAll = options.faults === false
    let state = this.#seeds
    this.#random = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
  }

  async run(): Promise<Soaked> {
    const began = now()
    await Promise.all(Array.from({ length: PROCESSES }, (_, place) => this.#join(place)))
    const chaos = this.#options.faults === false ? Promise.resolve() : this.#chaos()
    while (!this.#isEnough() && this.#crashed === undefined) await passed(20)
    this.#isOver = true
    await chaos
    if (this.#crashed !== undefined) throw new Error(this.#crashed)
    const workers = [...this.#members.values()].map(({ worker }) => worker)
    await Promise.all(workers.map((worker) => worker.ask('halt', {})))
    this.#judge.end()
    const seconds = (now() - began) / 1_000
    const so = { ...this.#judge.verdict, seconds, faults: this.#faults }
    if (this.#options.untilBroken === true) return { ...so, left: 0, leftOld: [], disagreed: [], leases: 0 }
    await passed(2 * MAX_STALENESS) // what is remembered has been proven anew, or forgotten
    const end = await this.#look(workers)
    return { ...so, ...end }
  }

  #isEnough(): boolean {
    if (this.#options.untilBroken === true && this.#judge.isBroken) return true
    return this.#judge.rounds >= this.#options.rounds && this.#hadAll
  }

  #opening(place: number): Opening {
    return {
      // One of them has a network that fails.
      url: place === 0 ? this.#proxy.url : this.#server.url,
      truth: this.#truth.port,
      prefix: 'soak',
      without: this.#options.without ?? [],
    }
  }

  async #join(place: number): Promise<void> {
    const worker = await this.#fleet.add(this.#opening(place))
    this.#judge.joins(worker.pid, now())
    worker.onReport((report) => this.#judge.hear(worker.pid, report))
    this.#members.set(place, { worker, isBusy: false })
    this.#watch(worker)
    await worker.ask('traffic', { clients: CLIENTS, seed: ++this.#seeds })
  }

  /** Processes end when they are killed or told to, not by themselves. */
  #watch(worker: Worker): void {
    worker.ended.then(
      ({ code, signal }) => {
        if (signal !== 'SIGKILL' && !this.#isOver)
          this.#crashed ??= `a process ended by itself: ${signal ?? code}`
      },
      () => {},
    )
  }

  // ---- what happens to them -----------------------------------------------------------------------------------------

  async #chaos(): Promise<void> {
    const kinds = Object.entries(this.#trouble())
    for (let n = 0; !this.#isOver; n++) {
      await passed(60 + this.#random() * 240)
      // Each once before chance decides.
      const [name, happen] = kinds[n < kinds.length ? n : Math.floor(this.#random() * kinds.length)] ?? []
      if (name === undefined || happen === undefined) continue
      this.#faults[name] = (this.#faults[name] ?? 0) + 1
      await happen()
      this.#hadAll ||= n + 1 === kinds.length
    }
    await this.#proxy.heal()
  }

  #trouble(): Readonly<Record<string, () => Promise<void>>> {
    const server = this.#server
    const proxy = this.#proxy
    const short = (): Promise<void> => passed(30 + this.#random() * 300)
    return {
      'a process is stopped for a while': () => this.#stopped(short),
      'all scripts are forgotten': async () => void (await server.command('SCRIPT', 'FLUSH')),
      'everything is flushed': async () => void (await server.command('FLUSHALL')),
      'a process is killed, another comes': () => this.#killed(),
      'the network is cut': async () => proxy.cutAll(),
      'the server is stopped for a while': async () => {
        server.pause()
        await short()
        server.resume()
      },
      'connections are half open': async () => {
        proxy.blackHole({ existing: true })
        await passed(300 + this.#random() * 1_500)
        await proxy.heal()
      },
      'messages are lost': async () => {
        const { subscribed } = await linesOf(server, proxy)
        proxy.blackHole({ new: true })
        for (const each of subscribed) each.down.lose()
        await passed(300 + this.#random() * 1_500)
        await proxy.heal()
      },
      'the network is slow': async () => {
        proxy.down.delay(20 + this.#random() * 60)
        await short()
        await proxy.heal()
      },
      'replies are lost': async () => {
        proxy.down.lose()
        await short()
        await proxy.heal()
      },
      'the server restarts empty': async () => {
        await server.kill()
        await short()
        await server.restart({ empty: true })
      },
      'a process is stopped for longer than a lease': () => this.#stopped(() => passed(3_300)),
    }
  }

  async #stopped(wait: () => Promise<void>): Promise<void> {
    const member = this.#members.get(Math.floor(this.#random() * PROCESSES))
    if (member === undefined || member.isBusy) return
    member.isBusy = true
    member.worker.signal('SIGSTOP')
    const resume = async (): Promise<void> => {
      await wait()
      member.worker.signal('SIGCONT')
      member.isBusy = false
    }
    await resume()
  }

  async #killed(): Promise<void> {
    const place = Math.floor(this.#random() * PROCESSES)
    const member = this.#members.get(place)
    if (member === undefined || member.isBusy) return
    member.isBusy = true
    await member.worker.kill()
    this.#judge.leaves(member.worker.pid)
    await this.#join(place)
  }

  // ---- the end -----------------------------------------------------------------------------------------------------

  async #look(
    workers: readonly Worker[],
  ): Promise<Pick<Soaked, 'left' | 'leftOld' | 'disagreed' | 'leases'>> {
    // One after the other: those who load at once take each other's marks, and little is kept.
    const found: (readonly (Kept | undefined)[])[] = []
    for (const worker of workers) found.push(await worker.ask('look', {}))
    const fresh = await this.#found()
    const truth = await new Source(this.#truth, this.#random).all()
    const oldIn = (all: readonly (Kept | undefined)[], who: string): string[] =>
      all.filter((kept) => kept !== undefined).flatMap((kept) => problemOf(kept, truth, who))
    const disagreed = found.flatMap((all, n) => oldIn(all, `process ${n}`))
    await Promise.all(workers.map((worker) => worker.ask('close', {})))
    const places = (await this.#server.command('KEYS', '*')) as readonly string[]
    return {
      left: fresh.filter((kept) => kept !== undefined).length,
      leftOld: oldIn(fresh, 'a new process'),
      disagreed,
      leases: places.filter((place) => place.endsWith(':l')).length,
    }
  }

  /** What is there for somebody who comes now. */
  async #found(): Promise<readonly (Kept | undefined)[]> {
    const cache = createCache({ store: redis(this.#server.url, { prefix: 'soak' }) })
    try {
      while ((await cache.health()).status !== 'ok') await passed(5)
      const spaces = spacesOf(cache)
      return await Promise.all(
        KEYS.map(async ({ space, key }) => (await spaces[space].get(key)) as Kept | undefined),
      )
    } finally {
      await cache.close()
    }
  }
}

/** Two `set`s at once end in any order, as they do at the source: only loads are compared with it. */
function problemOf(
  { place, set, truth: then }: Kept,
  truth: ReadonlyMap<number, number>,
  who: string,
): string[] {
  if (set !== 0) return []
  return (KEYS[place]?.concerns ?? []).flatMap((concern, i) => {
    const known = truth.get(concern) ?? 0
    if (then[i] === known) return []
    return [`${who} has ${nameOf(place)} from before ${nameOf(concern)} was changed for the last time`]
  })
}
