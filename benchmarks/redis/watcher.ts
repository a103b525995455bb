/*
 * A process that sees what another one invalidates: told a key, it waits until its near copy is gone, or until a message with
 * that text has come, and says when that was.
 *
 * Both are looked for in the same way: at every turn of the event loop. `node --import tsx redis/watcher.ts <url>`, with a channel
 * to its parent.
 */
import { Redis } from 'ioredis-6'
import { PREFIX, watchedCache } from './watched.ts'

export type Way = 'near copy' | 'message'

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
  const cache = await watchedCache(url)
  const subscriber = new Redis(url)
  let last = ''
  subscriber.on('message', (_, text) => {
    last = text
  })
  await subscriber.subscribe(PREFIX)
  const until = (isSeen: () => boolean): void => {
    const look = (): unknown => (isSeen() ? say(now()) : setImmediate(look))
    look()
  }
  return async ({ way, key }) => {
    while (cache.peek(key) === undefined) await cache.get(key)
    say('ready')
    until(way === 'near copy' ? () => cache.peek(key) === undefined : () => last === key)
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
