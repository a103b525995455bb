/*
 * A process under load: opens everybody who takes part, and plays the same arrivals to whom it is told.
 *
 * `node --expose-gc --no-flush-bytecode --import tsx load/player.child.ts`, with a channel to its parent. What is missing is loaded from a source that
 * takes a while. Every answer is looked at: whoever gives one that is wrong has failed.
 */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { collectGarbage } from '../harness/rounds.ts'
import { type Asked, HOUR } from '../rivals/rival.ts'
import { contenderOf } from './cast.ts'
import { openLoop, type Stage } from './open-loop.ts'
import { type Schedule, scheduleOf } from './schedule.ts'
import { type Begin, type Cast, now, type Played, type Prepare, type Said, type Seat } from './words.ts'

/** ms of a load. */
const SOURCE = 5

const say = (what: Said): void => {
  process.send?.(what)
}

const stageOf = ({ isPatient }: Cast): Stage => ({
  now,
  turn: () => turn(),
  async pause(ms) {
    if (isPatient || ms > 0) await sleep(ms)
    else await turn()
  },
})

interface Player {
  readonly asked: Asked
  loads: number
  /** Why, if it has. */
  failed?: string
}

async function openedPlayer(cast: Cast, { where, name, url }: Seat): Promise<Player> {
  const player: Player = {
    asked: await contenderOf(where, name).open({ url, room: cast.room, ttl: HOUR, isCrowded: true, load }),
    loads: 0,
  }
  async function load(key: string): Promise<unknown> {
    player.loads++
    await sleep(SOURCE)
    return { of: key }
  }
  return player
}

const seedOf = ({ process }: Cast, round: number): number => 1 + round * 1_000 + process

/** What an arrival does. */
function asking({ keys: count }: Cast, player: Player, schedule: Schedule) {
  const { asked } = player
  const keys = Array.from({ length: count }, (_, each) => `user:${each}`)
  const ask = async (arrival: number): Promise<void> => {
    const key = keys[schedule.key[arrival] ?? 0] ?? ''
    if (schedule.isWrite[arrival] === 1) {
      await asked.set(key, { of: key })
      return
    }
    const value: unknown = await asked.getOrSet?.(key)
    if ((value as { readonly of?: string } | undefined)?.of !== key)
      throw new Error(`a wrong value for ${key}`)
  }
  return async (arrival: number): Promise<void> => {
    try {
      await ask(arrival)
    } catch (error) {
      player.failed ??= String(error)
    }
  }
}

/** Operations of each process and player before any counts: a service that was started a while ago has been compiled. */
const WARM_UP = 10_000
const WARM_AT_ONCE = 32

/** As fast as it goes. */
async function warmUp(cast: Cast, player: Player): Promise<void> {
  const schedule = scheduleOf({ ...cast, seed: seedOf(cast, 0), ms: (WARM_UP / cast.rate) * 1_000 })
  const ask = asking(cast, player, schedule)
  const arrivals = schedule.due.keys()
  const loop = async (): Promise<void> => {
    for (const arrival of arrivals) await ask(arrival)
  }
  await Promise.all(Array.from({ length: WARM_AT_ONCE }, loop))
}

/** The round, to be begun. */
function prepared(cast: Cast, player: Player, { round }: Prepare): (begin: Begin) => Promise<Played> {
  const schedule = scheduleOf({ ...cast, seed: seedOf(cast, round) })
  const before = player.loads
  const ask = asking(cast, player, schedule)
  collectGarbage()
  return async ({ at }) => {
    await sleep(Math.max(0, at - now()))
    const latencies = await openLoop(schedule, ask, stageOf(cast))
    const { loads, failed } = player
    return { latencies, loads: loads - before, ...(failed !== undefined && { failed }) }
  }
}

let cast: Cast | undefined
let next: ((begin: Begin) => Promise<Played>) | undefined
const players = new Map<string, Player>()

async function hear(message: Cast | Prepare | Begin): Promise<Said> {
  if ('seats' in message) {
    cast = message
    for (const seat of message.seats) {
      const player = await openedPlayer(message, seat)
      await warmUp(message, player)
      players.set(seat.name, player)
    }
    return 'ready'
  }
  if ('at' in message) {
    if (next === undefined) throw new Error('nothing has been prepared')
    return next(message)
  }
  const player = players.get(message.seat)
  if (player === undefined || cast === undefined) throw new Error(`${message.seat} has not been opened`)
  next = prepared(cast, player, message)
  return 'ready'
}

process.on('message', (message) => {
  hear(message as Cast | Prepare | Begin).then(say, (error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})
process.on('disconnect', () => process.exit(0))
