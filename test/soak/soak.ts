/*
 * The soak: processes with a cache each, on one Redis, each behind a network of its own, while everything happens that can
 * happen to them. Lasts as long as it is told to, and until there were as many reads and faults as were asked for.
 */

import { startRedis } from '@larder/testing/servers'
import { seeded } from '../processes/chance.ts'
import { now } from '../processes/orders.ts'
import { nameOf, KEYS } from '../processes/places.ts'
import { passed } from '../processes/source.ts'
import { type Calendar, calendar } from './calendar.ts'
import { Chaos, type Happened, type Lane } from './chaos.ts'
import { Crew } from './crew.ts'
import { alone, type Ground, type Topology, watched } from './ground.ts'
import type { Left, Memory, Pace, Tally, Tiers } from './orders.ts'
import { Recovery } from './recovery.ts'
import { type Percentiles, Times } from './times.ts'
import { Chance, processTroubles } from './troubles.ts'

export interface SoakOptions {
  /** The program of the processes. */
  readonly file: string
  readonly seconds: number
  readonly reads?: number
  readonly faults?: number
  readonly seed?: number
  /** ms. Default: 300, so that what lasts too long is soon seen. */
  readonly maxStaleness?: number
  /** Default: two. */
  readonly tiers?: Tiers
  /** Default: alone. */
  readonly topology?: Topology
  /** Ends at the first promise that is broken. */
  readonly untilBroken?: boolean
  /** Seconds for which it goes on at the most if no promise is broken until then. */
  readonly patience?: number
  /** Is told every ten seconds what has been counted. */
  readonly log?: (so: Counted, faults: number) => void
}

export interface Results {
  readonly seed: number
  readonly seconds: number
  readonly processes: number
  readonly lives: number
  /** ms. */
  readonly maxStaleness: number
  readonly node: string
  readonly server: string
  readonly hasCalendar: boolean
  readonly counted: Counted
  readonly faults: Readonly<Record<string, Happened>>
  readonly times: Percentiles
  readonly undisturbed: Percentiles
  /** Of keys, in processes of the soak, when all was quiet. */
  readonly leftStale: readonly string[]
  /** Of the process that lived through it all. */
  readonly memory: { readonly before: Memory; readonly after: Memory }
}

export type Counted = Omit<Tally, 'times' | 'undisturbed'>

const PROCESSES = 3
const PLACES = Array.from({ length: PROCESSES }, (_, place) => place)
/** ms. */
const WARM_UP = 2_000
const QUIET = 10_000

const PACE: Pace = { readers: 24, burst: 128, pause: 20, writers: 2, writerPause: 180 }

export async function soak(options: SoakOptions): Promise<Results> {
  const { seed = 1, tiers = 'two', topology = 'alone', maxStaleness = 300 } = options
  const truth = await startRedis()
  const ground = await (topology === 'alone' ? alone(PROCESSES, seed) : watched())
  const jumping = options.untilBroken === true ? undefined : await calendar()
  const opening = { maxStaleness, tiers, pace: PACE }
  const crew = new Crew({ file: () => options.file, truth, seed, opening })
  try {
    return await new Soak({ ...options, seed, tiers, maxStaleness }, ground, jumping, crew).run()
  } finally {
    await crew.end()
    await Promise.all([ground.stop(), truth.stop()])
    jumping?.remove()
  }
}

class Soak {
  readonly #options: SoakOptions & Required<Pick<SoakOptions, 'seed' | 'tiers' | 'maxStaleness'>>
  readonly #ground: Ground
  readonly #calendar: Calendar | undefined
  readonly #crew: Crew

  constructor(
    options: SoakOptions & Required<Pick<SoakOptions, 'seed' | 'tiers' | 'maxStaleness'>>,
    ground: Ground,
    jumping: Calendar | undefined,
    crew: Crew,
  ) {
    this.#options = options
    this.#ground = ground
    this.#calendar = jumping
    this.#crew = crew
  }

  async run(): Promise<Results> {
    const crew = this.#crew
    // The last one has a calendar that jumps.
    const calendarOf = (place: number): Calendar | undefined =>
      place === PROCESSES - 1 ? this.#calendar : undefined
    await Promise.all(PLACES.map((place) => crew.join(place, this.#ground.url(place), calendarOf(place))))
    await passed(WARM_UP)
    const before = await this.#memory()
    const recovery = new Recovery(this.#options.tiers !== 'one')
    crew.onService((place, service) => recovery.served(place, service))
    const chaos = new Chaos(this.#lanes(), recovery)
    const began = now()
    chaos.begin()
    for (let n = 1; !this.#isEnough(began, chaos); n++) {
      await passed(100)
      if (n % 100 === 0) this.#options.log?.(sumOf(crew.tallies), chaos.count)
    }
    const seconds = (now() - began) / 1_000
    await chaos.end()
    await this.#ground.heal()
    const leftStale = this.#options.untilBroken === true ? [] : await this.#end()
    if (crew.crashed !== undefined) throw new Error(crew.crashed)
    const memory = { before, after: await this.#memory() }
    return this.#results({ seconds, leftStale, memory, faults: chaos.happened })
  }

  #memory(): Promise<Memory> {
    return this.#crew.at(0).process.ask('memory', {})
  }

  #results(seen: Pick<Results, 'seconds' | 'leftStale' | 'memory' | 'faults'>): Results {
    const { tallies } = this.#crew
    const times = new Times()
    const undisturbed = new Times()
    for (const tally of tallies) {
      times.add(tally.times)
      undisturbed.add(tally.undisturbed)
    }
    return {
      ...seen,
      seed: this.#options.seed,
      processes: PROCESSES,
      lives: tallies.length,
      maxStaleness: this.#options.maxStaleness,
      node: process.version,
      server: this.#ground.server,
      hasCalendar: this.#calendar !== undefined,
      counted: sumOf(tallies),
      times: times.percentiles(),
      undisturbed: undisturbed.percentiles(),
    }
  }

  #isEnough(began: number, chaos: Chaos): boolean {
    const { seconds, reads = 0, faults = 0, untilBroken, patience = 0 } = this.#options
    if (this.#crew.crashed !== undefined) return true
    const counted = sumOf(this.#crew.tallies)
    const broken = isBroken({ counted, leftStale: [] })
    if (untilBroken === true && broken) return true
    const passedSince = (now() - began) / 1_000
    if (passedSince < seconds || (!broken && passedSince < seconds + patience)) return false
    return counted.reads >= reads && chaos.count >= faults
  }

  #lanes(): readonly Lane[] {
    const chance = (n: number): Chance => new Chance(seeded(this.#options.seed * 100 + n))
    const serverTroubles = this.#ground.serverTroubles((loss) => this.#crew.lose(loss))
    return [
      ...PLACES.map((place): Lane => ({
        places: [place],
        troubles: {
          ...this.#ground.networkTroubles(place),
          ...processTroubles(this.#crew, place, place === 0 ? 'on' : 'not for ever'),
        },
        chance: chance(place),
        pause: [100, 700],
      })),
      { places: PLACES, troubles: serverTroubles, chance: chance(99), pause: [400, 2_000] },
    ]
  }

  /** No more traffic. What is then older than anything that was acknowledged, or that processes which lived to the end have been told. */
  async #end(): Promise<readonly string[]> {
    const crew = this.#crew
    await crew.halt()
    const until = now() + QUIET
    for (const { process: child, place } of crew.members) {
      while (!(await child.ask('isWell', {}))) {
        if (now() > until) return [`process ${place} was not well after ${QUIET} ms of quiet`]
        await passed(20)
      }
    }
    await passed(this.#options.maxStaleness)
    const required = crew.required()
    const found = await Promise.all(crew.members.map(({ process: child }) => child.ask('look', {})))
    return found.flatMap((all, n) => all.flatMap((left) => problemsOf(left, required, `process ${n}`)))
  }
}

function problemsOf(
  { place, versions }: Left,
  required: ReadonlyMap<number, number>,
  who: string,
): readonly string[] {
  return (KEYS[place]?.concerns ?? []).flatMap((concern, i) =>
    (versions[i] ?? 0) >= (required.get(concern) ?? 0)
      ? []
      : [`${who} has ${nameOf(place)} from before ${nameOf(concern)} was changed for the last time`],
  )
}

/** Whether a promise was broken. */
export const isBroken = ({ counted, leftStale }: Pick<Results, 'counted' | 'leftStale'>): boolean =>
  counted.beyond + counted.own + counted.foreign + counted.unhandled + counted.rejections + leftStale.length >
  0

const LARGEST = new Set(['worst', 'worstLost', 'worstStopped', 'worstShared'])

function sumOf(tallies: readonly Tally[]): Counted {
  const [first, ...rest] = tallies
  if (first === undefined) throw new Error('nothing was told')
  const { times: _, undisturbed: __, ...counted } = first
  return rest.reduce<Counted>(
    (sum, tally) => ({
      ...added(sum, tally),
      changes: added(sum.changes, tally.changes),
      examples: [...sum.examples, ...tally.examples].slice(0, 10),
    }),
    counted,
  )
}

/** Their numbers, added where they count, and the larger one where they say how bad it was. */
function added<T extends object>(sum: T, more: object): T {
  return Object.fromEntries(
    Object.entries(sum).map(([name, value]: [string, unknown]) => {
      const other: unknown = Reflect.get(more, name)
      if (typeof value !== 'number' || typeof other !== 'number') return [name, value]
      return [name, LARGEST.has(name) ? Math.max(value, other) : value + other]
    }),
  ) as T
}
