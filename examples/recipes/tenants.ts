/*
 * Tenants: a namespace for each. One sees nothing of another, and one is emptied without the others.
 *
 *   node --conditions=@larder/source --import tsx examples/recipes/tenants.ts
 */

import assert from 'node:assert/strict'
import { createCache, type ICache } from '@larder/core'
import { memory } from '@larder/memory'

interface Settings {
  readonly tenant: string
  readonly theme: string
}

const cache = createCache({ store: memory(), ttl: '1h' })
const tenants = cache.namespace('tenants')

/** What a request may see. Any text is a name, also one that tries to be two. */
const of = (tenant: string): ICache => tenants.namespace(tenant)
const settings = (tenant: string): Promise<Settings> =>
  of(tenant).getOrSet('settings', async () => ({ tenant, theme: 'light' }))

for (const tenant of ['acme', 'globex', 'acme/settings', 'acme:settings', '*']) await settings(tenant)
assert.equal((await settings('acme')).tenant, 'acme')
console.log('five tenants, one key, loads:', cache.stats().loads)

// One leaves: at once, whatever it had, also what is being loaded for it.
await of('acme').clear()
assert.ok(!(await of('acme').has('settings')))
assert.ok(await of('acme/settings').has('settings'))
console.log('acme is gone; kept:', cache.stats().store?.entries)

// A tag of all tenants: for a change that concerns everybody.
await of('globex').set('price list', 1, { tags: ['prices'] })
await of('*').set('price list', 1, { tags: ['prices'] })
await tenants.invalidateTags('prices')
assert.ok(!(await of('globex').has('price list')) && !(await of('*').has('price list')))

const { hits, misses } = of('globex').stats()
console.log(`globex alone: ${hits} hits, ${misses} misses`)
await cache.close()
