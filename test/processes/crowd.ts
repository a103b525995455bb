/*
 * Crowds: many callers at once, whose loads are counted where all processes can see it.
 */

import type { Answered, Loaded, Orders } from './orders.ts'
import { now } from './orders.ts'
import type { Desk } from './worker.child.ts'

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Is counted, says so, and takes its time. */
async function load(desk: Desk, key: string, ms: number): Promise<Loaded> {
  await desk.truth.command('INCR', `loads:${key}`)
  desk.report({ what: 'loading', key, pid: process.pid })
  await passed(ms)
  return { key, by: process.pid, at: now() }
}

export async function crowd(
  desk: Desk,
  { key, callers, loadMs }: Orders['crowd']['told'],
): Promise<readonly Answered[]> {
  return Promise.all(
    Array.from({ length: callers }, async () => {
      const value = await desk.cache.getOrSet(key, () => load(desk, key, loadMs), { tags: [key] })
      return { value, at: now() }
    }),
  )
}

export async function many(
  desk: Desk,
  { keys, callers, each, loadMs }: Orders['many']['told'],
): Promise<Orders['many']['answer']> {
  const { cache } = desk
  const answers = await Promise.all(
    Array.from({ length: callers }, async (_, n) => {
      if (each === 'one') {
        const key = keys[n % keys.length] ?? ''
        return [[key, await cache.getOrSet(key, () => load(desk, key, loadMs))] as const]
      }
      const values = await cache.getOrSetMany(keys, (missing) =>
        Promise.all(missing.map((key) => load(desk, key, loadMs))),
      )
      return keys.map((key, i) => [key, values[i]] as const)
    }),
  )
  const all = answers.flat() as (readonly [string, Loaded])[]
  return { answers: all.length, strangers: all.filter(([key, value]) => value.key !== key).length }
}
