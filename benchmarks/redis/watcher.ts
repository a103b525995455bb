/*
 * A process that sees what another one invalidates: told a key, it takes a near copy, and says when that is dropped, or when a
 * message with that text has come.
 *
 * `node --import tsx redis/watcher.ts <url>`, with a channel to its parent.
 */
import { Redis } from 'ioredis-6'
import { PREFIX, watchedCache } from './watched.ts'

export type Way = 'near copy' | 'message' | 'script'

export interface Watch {
  readonly way: Way
  readonly key: string
}

/** Ready to see it; or when it was seen, in ms of the one monotonic clock of the machine. */
export type Seen = 'ready' | number

export const now = (): number => Number(process.hrtime.bigint()) / 1e6

const say = (what: Seen): void => {
  process.send?.(what)
}

async function watching(url: string): Promise<(watch: Watch) => Promise<void>> {
  let watched: Watch | undefined
  const seen = (isCopy: boolean, isIt: (key: string) => boolean): void => {
    if (watched === undefined || (watched.way === 'near copy') !== isCopy || !isIt(watched.key)) return
    const at = now()
    watched = undefined
    say(at)
  }
  const cache = await watchedCache(url, (gone) => seen(true, (key) => gone.endsWith(`:${key}`)))
  const subscriber = new Redis(url)
  subscriber.on('message', (_, text) => seen(false, (key) => text === key))
  await subscriber.subscribe(PREFIX)
  return async (watch) => {
    // A copy is there before both, so that neither finds Redis or a process asleep where the other does not.
    while (cache.peek(watch.key) === undefined) await cache.get(watch.key)
    watched = watch
    say('ready')
  }
}

// As a program of its own.
if (process.send !== undefined) {
  const watch = await watching(process.argv[2] ?? '')
  process.on('message', (told) => {
    watch(told as Watch).catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  })
  process.on('disconnect', () => process.exit(0))
  say('ready')
}
