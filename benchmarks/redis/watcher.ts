/*
 * A process that sees what another one invalidates: told a key, it takes a near copy, and notes when that is gone, or when a message
 * with that text has come. It says so when it is asked: what it said by itself could come before its parent listens.
 *
 * `node --expose-gc --import tsx redis/watcher.ts <url> …`, a database for each of the cast, with a channel to its parent.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { cast } from './watched.ts'

export interface Watch {
  readonly name: string
  readonly key: string
}

/** When was it seen? */
export interface Ask {
  readonly isSeen: true
}

/** Ready to see it; or when it was seen, in ms of the one monotonic clock of the machine; or it was not. */
export type Seen = 'ready' | number | 'never'

/** ms after which what has not been seen will not be: somebody believed for a moment that there was nothing to be told. */
const PATIENCE = 300

export const now = (): number => Number(process.hrtime.bigint()) / 1e6

const say = (what: Seen): void => {
  process.send?.(what)
}

async function watching(urls: readonly string[]): Promise<(told: Watch | Ask) => Promise<Seen>> {
  let watched: Watch | undefined
  let seen: Seen = 'never'
  let see = (): void => {}
  let sight = Promise.resolve()
  const seats = new Map(
    await Promise.all(
      cast.map(async ({ name, open }, at) => {
        const gone = (key: string): void => {
          if (watched?.name !== name || watched.key !== key) return
          seen = now()
          watched = undefined
          see()
        }
        return [name, await open(urls[at] ?? '', gone)] as const
      }),
    ),
  )
  return async (told) => {
    if ('isSeen' in told) {
      await Promise.race([sight, sleep(PATIENCE)])
      return seen
    }
    seen = 'never'
    sight = new Promise((resolve) => {
      see = resolve
    })
    // A copy is there before all of them, so that none finds Redis or a process asleep where another does not.
    await seats.get(told.name)?.look(told.key)
    watched = told
    return 'ready'
  }
}

// As a program of its own.
if (process.send !== undefined) {
  const watch = await watching(process.argv.slice(2))
  process.on('message', (told) => {
    watch(told as Watch | Ask).then(say, (error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  })
  process.on('disconnect', () => process.exit(0))
  say('ready')
}
