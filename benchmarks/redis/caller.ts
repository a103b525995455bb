/*
 * A process with many callers: told a key, all of them ask for it at once; it says how often it had to load.
 *
 * `node --import tsx redis/caller.ts <memory|redis> <contender> <url>`, with a channel to its parent.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { inMemory, onRedis } from '../rivals/all.ts'
import { ableTo } from '../rivals/candidate.ts'
import { larderOnNodeRedis, larderOnRedis } from '../rivals/larder.ts'
import { type Asked, type Contender, HOUR } from '../rivals/rival.ts'

export interface Go {
  readonly key: string
}

export interface Told {
  /** How often this process loaded, and how many of its callers got the value that somebody loaded. */
  readonly loads: number
  readonly right: number
}

export type Where = 'memory' | 'redis'

export const CALLERS = 250
/** Long enough that all processes have asked before it is over. */
const LOAD = 100

/** Who loads by itself, and so can see to it that only one does. */
export const singleFlyers: Readonly<Record<Where, readonly Contender[]>> = {
  memory: ableTo('getOrSet', inMemory),
  redis: [larderOnRedis, larderOnNodeRedis, ...onRedis(true)],
}

async function answer(asked: Asked, counted: { loads: number }, { key }: Go): Promise<Told> {
  const before = counted.loads
  const values: unknown[] = await Promise.all(Array.from({ length: CALLERS }, () => asked.getOrSet?.(key)))
  const right = values.filter((value) => (value as { readonly of: string }).of === key).length
  return { loads: counted.loads - before, right }
}

// As a program of its own.
if (process.send !== undefined) {
  const [where, name, url = ''] = process.argv.slice(2)
  const counted = { loads: 0 }
  const load = async (key: string): Promise<unknown> => {
    counted.loads++
    await sleep(LOAD)
    return { of: key, by: process.pid }
  }
  const contender = singleFlyers[where === 'memory' ? 'memory' : 'redis'].find((each) => each.name === name)
  const asked = await contender?.open({ url, load, room: 1_000, ttl: HOUR, isCrowded: true })
  if (asked === undefined) throw new Error(`nobody is called ${String(name)}`)
  process.on('message', (go) => {
    answer(asked, counted, go as Go).then(
      (told) => process.send?.(told),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.on('disconnect', () => process.exit(0))
  process.send('ready')
}
