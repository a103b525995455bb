/*
 * A process with many callers: told a key, all of them ask for it at once; it says how often it had to load.
 *
 * `node --import tsx redis/caller.ts <contender> <url>`, with a channel to its parent.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { larder, larderOnNodeRedis, rivalsFor } from './caches.ts'
import type { Asked } from './contender.ts'

export interface Go {
  readonly key: string
}

export interface Told {
  /** How often this process loaded, and how many of its callers got the value that somebody loaded. */
  readonly loads: number
  readonly right: number
}

export const CALLERS = 250
/** Long enough that all processes have asked before it is over. */
const LOAD = 100

export const singleFlyers = [larder, larderOnNodeRedis, ...rivalsFor(CALLERS)]

async function answer(asked: Asked, counted: { loads: number }, { key }: Go): Promise<Told> {
  const before = counted.loads
  const values = await Promise.all(Array.from({ length: CALLERS }, () => asked.getOrSet(key)))
  const right = values.filter((value) => (value as { readonly of: string }).of === key).length
  return { loads: counted.loads - before, right }
}

// As a program of its own.
if (process.send !== undefined) {
  const [name, url = ''] = process.argv.slice(2)
  const counted = { loads: 0 }
  const asked = await singleFlyers
    .find((each) => each.name === name)
    ?.open(url, async (key) => {
      counted.loads++
      await sleep(LOAD)
      return { of: key, by: process.pid }
    })
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
  process.send('ready')
}
