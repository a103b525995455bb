/*
 * A process that sees what another one invalidates: told a key, it takes a near copy, and says when that is gone, or when a message
 * with that text has come.
 *
 * `node --expose-gc --import tsx redis/watcher.ts <url> …`, a database for each of the cast, with a channel to its parent.
 */
import { cast } from './watched.ts'

export interface Watch {
  readonly name: string
  readonly key: string
}

/** Ready to see it; or when it was seen, in ms of the one monotonic clock of the machine. */
export type Seen = 'ready' | number

export const now = (): number => Number(process.hrtime.bigint()) / 1e6

const say = (what: Seen): void => {
  process.send?.(what)
}

async function watching(urls: readonly string[]): Promise<(watch: Watch) => Promise<void>> {
  let watched: Watch | undefined
  const seats = new Map(
    await Promise.all(
      cast.map(async ({ name, open }, at) => {
        const gone = (key: string): void => {
          if (watched?.name !== name || watched.key !== key) return
          const seen = now()
          watched = undefined
          say(seen)
        }
        return [name, await open(urls[at] ?? '', gone)] as const
      }),
    ),
  )
  return async (watch) => {
    // A copy is there before all of them, so that none finds Redis or a process asleep where another does not.
    await seats.get(watch.name)?.look(watch.key)
    watched = watch
    say('ready')
  }
}

// As a program of its own.
if (process.send !== undefined) {
  const watch = await watching(process.argv.slice(2))
  process.on('message', (told) => {
    watch(told as Watch).catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  })
  process.on('disconnect', () => process.exit(0))
  say('ready')
}
