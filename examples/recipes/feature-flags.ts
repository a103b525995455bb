/*
 * Feature flags: read in every request without waiting, kept fresh in the background, and there while their service is down.
 *
 *   node --conditions=@larder/source --import tsx examples/recipes/feature-flags.ts
 */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { openCache, refreshEvery } from '@larder/core'

type Flags = Readonly<Record<string, { readonly percent: number }>>

/** Stands for the service of flags. */
const service = { isUp: true, flags: { checkout: { percent: 30 } } as Flags }
const load = async (): Promise<Flags> => {
  if (!service.isUp) throw new Error('the service of flags is down')
  return service.flags
}

const cache = await openCache()
const flags = refreshEvery(cache, 'flags', load, '30s', {
  idleAfter: Infinity,
  policy: { staleIfError: '1d' },
})

/** What the program says where nothing is known: never a surprise. */
const DEFAULTS: Flags = { checkout: { percent: 0 } }
let last = DEFAULTS
/** No promise: in the middle of rendering nobody wants to wait for a flag. */
function isOn(name: string, user: string): boolean {
  last = (cache.peek('flags') as Flags | undefined) ?? last
  const [first = 0, second = 0] = createHash('sha256').update(`${name}:${user}`).digest()
  return ((first << 8) | second) % 100 < (last[name] ?? DEFAULTS[name] ?? { percent: 0 }).percent
}

const users = Array.from({ length: 1_000 }, (_, i) => `user ${i}`)
const share = (): number => users.filter((user) => isOn('checkout', user)).length / 10

console.log(`before they are known: ${share()} %`)
await flags.get() // at the start of the program
const known = share()
console.log(`known: ${known} %; the same user gets the same answer each time`)
assert.ok(known > 25 && known < 35)

// Turned off in a hurry: told, not waited for.
service.flags = { checkout: { percent: 0 } }
await cache.delete('flags')
await flags.get()
assert.equal(share(), 0)
console.log(`turned off: ${share()} %`)

// Their service is down, and what is known is no longer fresh: it goes on.
service.isUp = false
await cache.expire('flags')
assert.deepEqual(await flags.get(), service.flags)
console.log(`while their service is down: ${share()} %`)
flags.stop()
await cache.close()
