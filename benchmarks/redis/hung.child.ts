/*
 * A process that has everybody open, and asks all of them for a cold key when it is told that Redis hangs.
 *
 * `node --expose-gc --import tsx redis/hung.child.ts`, with a channel to its parent. It is ended while requests are under way.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Asked, HOUR } from '../rivals/rival.ts'
import { cast, GIVE_UP, type Waited } from './hung.ts'

interface Open {
  readonly urls: readonly string[]
}

const opened: { readonly name: string; readonly asked: Asked }[] = []

async function wait({ name, asked }: (typeof opened)[number]): Promise<Waited> {
  const began = performance.now()
  // Whoever rejects has answered too: his user need not wait any longer.
  const answer = Promise.resolve(asked.getOrSet?.('cold')).catch(() => {})
  await Promise.race([answer, sleep(GIVE_UP)])
  return { name, ms: performance.now() - began }
}

async function hear(message: Open | object): Promise<'ready' | readonly Waited[]> {
  if (!('urls' in message)) return Promise.all(opened.map(wait))
  for (const [at, { name, open }] of cast.entries()) {
    const url = message.urls[at] ?? ''
    const load = async (key: string): Promise<unknown> => ({ of: key })
    const asked = await open({ url, load, room: 1_000, ttl: HOUR, isCrowded: false })
    // Connected, and everything that is asked for the first time has been.
    await asked.getOrSet?.('warm')
    await asked.getOrSet?.('warm too')
    opened.push({ name, asked })
  }
  return 'ready'
}

// What is cut off at the end may say so.
process.on('uncaughtException', () => {})
process.on('message', (message) => {
  hear(message as Open).then(
    (said) => process.send?.(said),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))
