/*
 * Two tiers on a real Redis, by two caches that share nothing else: what one keeps the other finds, one of them loads, and
 * what one has invalidated neither reads. The address is the last argument.
 */
import { createCache } from '@larder/core'
import { memory } from '@larder/memory'
import { redis } from '@larder/redis'
import { tiered } from '@larder/tiered'
import { setTimeout as sleep } from 'node:timers/promises'

const url = process.argv.at(-1)
const prefix = crypto.randomUUID() // other runtimes have been there before
const open = () =>
  createCache({
    store: tiered({ near: memory(), far: redis(url, { prefix, deadline: '5s' }) }),
    storeTimeout: '5s',
  })
const failed = []
let passed = 0
const holds = (what, isTrue) => {
  if (isTrue) passed++
  else failed.push(what)
}

const one = open()
const other = open()
await one.set('user', { name: 'Ada', since: new Date(0) }, { tags: ['users'] })
const found = await other.get('user')
holds('a value is found by another cache, as it was', found?.name === 'Ada' && found.since instanceof Date)

let loads = 0
const load = async () => {
  loads++
  await sleep(20)
  return 'loaded'
}
const answers = await Promise.all(
  [one, other].flatMap((cache) => Array.from({ length: 20 }, () => cache.getOrSet('slow', load))),
)
holds('two caches load a key once', loads === 1 && answers.every((answer) => answer === 'loaded'))

const { far } = await one.invalidateTags('users')
holds('an invalidation is acknowledged', far === 'applied')
holds('who has invalidated reads nothing older', (await one.get('user')) === undefined)
let rounds = 0
while ((await other.get('user')) !== undefined && rounds++ < 200) await sleep(10)
holds('the other does not either, soon after', (await other.get('user')) === undefined)
holds('all is well', (await one.health()).status === 'ok')

await one.close()
await other.close()
console.log([...failed, `${passed} passed, 0 skipped, ${failed.length} failed`].join('\n'))
